/** Questions under way and their answers, by agent. They outlast the page, so a long one can be left. */
import { post } from "./client";
import { problemOf } from "./hooks";
import { Store, useStore } from "./store";
import type { Envelope, Problem } from "./types";

export interface Asking {
  state: "idle" | "asking" | "answered" | "refused";
  question: Record<string, unknown> | null;
  envelope: Envelope | null;
  problem: Problem | null;
  startedAt: number;
}

const IDLE: Asking = { state: "idle", question: null, envelope: null, problem: null, startedAt: 0 };
const slots = new Map<string, Store<Asking>>();

function slot(name: string): Store<Asking> {
  const found = slots.get(name) ?? new Store(IDLE);
  slots.set(name, found);
  return found;
}

/** `name` is the agent's slug, or one of a page's own for a second question beside it. */
export function useAsking(name: string): Asking {
  return useStore(slot(name));
}

export async function ask(
  name: string,
  route: string,
  question: Record<string, unknown>,
): Promise<Envelope | null> {
  const store = slot(name);
  const mine: Asking = { ...store.get(), state: "asking", question, problem: null, startedAt: Date.now() };
  store.set(mine);
  try {
    const envelope = await post<Envelope>(route, question);
    if (store.get() === mine) store.set({ ...mine, state: "answered", envelope });
    return envelope;
  } catch (error) {
    if (store.get() === mine) store.set({ ...mine, state: "refused", problem: problemOf(error) });
    return null;
  }
}

/** Shows an answer that was stored before; its question is known only if it was asked from this tab. */
export function show(name: string, envelope: Envelope): void {
  const before = slot(name).get();
  const question = before.envelope?.result_id === envelope.result_id ? before.question : null;
  slot(name).set({ ...IDLE, state: "answered", envelope, question });
}

/** On leaving: nothing of one person may be shown to the next. */
export function forgetAll(): void {
  for (const store of slots.values()) store.set(IDLE);
}
