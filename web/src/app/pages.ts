/** Which pages there are. A file `agents/SLUG/page.tsx` becomes that agent's page; an agent without one gets
 * the page that is made from its schema. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

import type { AgentStatus } from "../api/types";

export type AgentPage = ComponentType<{ agent: AgentStatus }>;

export interface PlainPage {
  id: string;
  title: string;
  hint: string;
  page: LazyExoticComponent<ComponentType>;
}

const plain = {
  today: () => import("../pages/today/page"),
  workflows: () => import("../pages/workflows/page"),
  mesh: () => import("../pages/mesh/page"),
  data: () => import("../pages/data/page"),
  results: () => import("../pages/results/page"),
  admin: () => import("../pages/admin/page"),
};

export const PLAIN: PlainPage[] = [
  { id: "today", title: "Today", hint: "What needs attention first", page: lazy(plain.today) },
  { id: "workflows", title: "Workflows", hint: "Playbooks over several agents", page: lazy(plain.workflows) },
  { id: "mesh", title: "Mesh", hint: "What is shared with other MSPs", page: lazy(plain.mesh) },
  { id: "data", title: "Data", hint: "Import, look at, export and delete rows", page: lazy(plain.data) },
  { id: "results", title: "Answers", hint: "Every answer that was given", page: lazy(plain.results) },
  { id: "admin", title: "Admin", hint: "Agents, models, jobs, keys, feeds, cost", page: lazy(plain.admin) },
];

const made = import.meta.glob<{ default: AgentPage }>("../agents/*/page.tsx");
const generic = lazy(() => import("../pages/agent/page"));
const own = new Map<string, LazyExoticComponent<AgentPage>>(
  Object.entries(made).map(([path, load]) => [path.split("/").at(-2) ?? "", lazy(load)]),
);

/** Begins to fetch the code of the page at an address, while what it will show is asked for. */
export function fetchAhead([first = "today", second = ""]: readonly string[]): void {
  const load = first === "agents" ? (made[`../agents/${second}/page.tsx`] ?? null) : (plain[first as keyof typeof plain] ?? null);
  // Whoever draws the page says so if it cannot be fetched.
  load?.().catch(() => undefined);
}

export function pageOf(slug: string): LazyExoticComponent<AgentPage> {
  return own.get(slug) ?? generic;
}
