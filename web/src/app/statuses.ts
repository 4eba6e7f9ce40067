/** The agents of this server, as it measures them. The navigation, the palette and the pages are made from it. */
import { get } from "../api/client";
import { Store, useStore } from "../api/store";
import type { AgentStatus } from "../api/types";

export const statuses = new Store<AgentStatus[] | null>(null);

export async function readStatuses(): Promise<void> {
  statuses.set((await get<{ agents: AgentStatus[] }>("/agents/status")).agents);
}

export const useStatuses = (): AgentStatus[] => useStore(statuses) ?? [];
