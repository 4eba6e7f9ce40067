/** The turns of the conversation under way. They outlast the page; the agent keeps the context by its id. */
import { post } from "../../api/client";
import { problemOf } from "../../api/hooks";
import { session } from "../../api/session";
import { Store, useStore } from "../../api/store";
import type { AnswerOf, Envelope, Problem } from "../../api/types";

export type Answer = AnswerOf<"/nlp-query/ask">;

export interface Turn {
  id: number;
  query: string;
  state: "asking" | "done";
  envelope: Envelope<Answer> | null;
  problem: Problem | null;
  startedAt: number;
}

interface Talk {
  id: string;
  turns: Turn[];
}

const fresh = (): Talk => ({ id: crypto.randomUUID(), turns: [] });
const talk = new Store<Talk>(fresh());
let key = session.get().key;
session.subscribe(() => {
  if (session.get().key !== key) startOver();
  key = session.get().key;
});

export const useConversation = (): Talk => useStore(talk);
export const startOver = (): void => talk.set(fresh());

export async function askIn(route: string, query: string): Promise<void> {
  const { id, turns } = talk.get();
  const turn: Turn = { id: turns.length, query, state: "asking", envelope: null, problem: null, startedAt: Date.now() };
  talk.set({ id, turns: [...turns, turn] });
  const settle = (change: Partial<Turn>) => {
    const now = talk.get();
    if (now.id === id) talk.set({ id, turns: now.turns.map((one) => (one.id === turn.id ? { ...one, state: "done", ...change } : one)) });
  };
  try {
    settle({ envelope: await post<Envelope<Answer>>(route, { query, conversation_id: id }) });
  } catch (error) {
    settle({ problem: problemOf(error) });
  }
}
