/** Lists that the API gives page by page, walked to their end: filter, sort and export then see every row. */
import { useCallback, useEffect, useRef, useState } from "react";

import { get, type Asked } from "./client";
import { problemOf } from "./hooks";
import type { Problem } from "./types";

/** A page: its rows, where the next one begins, and whatever else the API says beside them. */
export interface PageOf<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Listed<P> {
  /** The first page with the rows of all pages that were read; null before there is one. */
  data: P | null;
  problem: Problem | null;
  /** While the first page is on its way. */
  loading: boolean;
  /** Whether every row is here; false while pages are read, and where there are more than fit. */
  whole: boolean;
  /** Reads on, where it was stopped. */
  more: (() => void) | null;
  /** Reads what is new. */
  again: () => void;
}

/** More than this a person does not look through: the rest is read on demand. */
export const MOST = 10_000;

/** The pages from `cursor` on, one after another, until `most` rows or the end. */
export async function* walk<P extends PageOf<unknown>>(read: (cursor: string | null) => Promise<P>, cursor: string | null = null, most = MOST): AsyncGenerator<P> {
  let rows = 0;
  let next = cursor;
  do {
    const page = await read(next);
    yield page;
    rows += page.items.length;
    next = page.next_cursor;
  } while (next && rows < most);
}

/** The rows of all pages at once: for lists that are read anew as a whole whenever something happens. */
export async function whole<T>(path: string, query: Asked["query"], signal: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of walk((cursor) => get<PageOf<T>>(path, { query: { ...query, cursor }, signal }))) rows.push(...page.items);
  return rows;
}

/** Newer rows before those that are known; what is known by the same id is replaced where it stands. */
export function merged<T>(known: readonly T[], fresh: readonly T[], id: (row: T) => string): T[] {
  const byId = new Map(fresh.map((row) => [id(row), row]));
  const kept = known.map((row) => byId.get(id(row)) ?? row);
  const before = new Set(known.map(id));
  return [...fresh.filter((row) => !before.has(id(row))), ...kept];
}

export function usePages<T, P extends PageOf<T> = PageOf<T>>(path: string, id: (row: T) => string, query: Asked["query"] = {}, most = MOST, round = 0): Listed<P> {
  const [state, setState] = useState<{ data: P | null; problem: Problem | null; loading: boolean }>({ data: null, problem: null, loading: true });
  const [reading, setReading] = useState(false);
  const run = useRef(0);
  const asked = JSON.stringify(query);
  const from = useCallback((cursor: string | null, signal?: AbortSignal) =>
    get<P>(path, { query: { ...(JSON.parse(asked) as Asked["query"]), cursor }, ...(signal ? { signal } : {}) }), [path, asked]);
  const read = useCallback(async (cursor: string | null) => {
    const mine = ++run.current;
    setReading(true);
    try {
      for await (const page of walk(from, cursor, most)) {
        if (run.current !== mine) return;
        setState((before) => {
          const items = cursor === null && before.loading ? page.items : [...(before.data?.items ?? []), ...page.items];
          const first = before.loading || !before.data ? page : before.data;
          return { data: { ...first, items, next_cursor: page.next_cursor }, problem: null, loading: false };
        });
      }
    } catch (error) {
      if (run.current === mine) setState((before) => ({ ...before, problem: problemOf(error), loading: false }));
    }
    if (run.current === mine) setReading(false);
  }, [from, most]);
  useEffect(() => {
    setState({ data: null, problem: null, loading: true });
    void read(null);
    return () => void run.current++;
    // Another round reads all of it anew.
  }, [read, round]);
  const latest = useRef({ id, state, read });
  latest.current = { id, state, read };
  const again = useCallback(() => {
    const { state: now } = latest.current;
    if (!now.data) return void latest.current.read(null);
    from(null).then((page) => setState((before) => {
      if (!before.data) return before;
      const reaches = page.items.some((row) => before.data?.items.some((one) => latest.current.id(one) === latest.current.id(row)));
      // Nothing in common: so much came meanwhile that there would be a gap.
      if (before.data.items.length && page.items.length && !reaches) return { data: page, problem: null, loading: false };
      return { ...before, problem: null, data: { ...page, items: merged(before.data.items, page.items, latest.current.id), next_cursor: before.data.next_cursor } };
    }), (error: unknown) => setState((before) => ({ ...before, problem: problemOf(error) })));
  }, [from]);
  const next = state.data?.next_cursor ?? null;
  return { ...state, whole: !reading && !next, more: !reading && next ? () => void read(next) : null, again };
}
