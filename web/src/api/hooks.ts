import { useCallback, useEffect, useRef, useState } from "react";

import { Refusal, get, type Asked } from "./client";
import { live } from "./live";
import type { MeshEvent, Problem } from "./types";

export interface Fetched<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  again: () => void;
}

/** Work that is done when the component shows, again when `depends` changes, and on demand. */
export function useWork<T>(work: ((signal: AbortSignal) => Promise<T>) | null, depends: unknown[]): Fetched<T> {
  const [state, setState] = useState<Omit<Fetched<T>, "again">>({ data: null, problem: null, loading: Boolean(work) });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((before) => before + 1), []);
  useEffect(() => {
    if (!work) {
      setState({ data: null, problem: null, loading: false });
      return;
    }
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    work(stop.signal)
      .then((data) => setState({ data, problem: null, loading: false }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted) setState((before) => ({ ...before, problem: problemOf(error), loading: false }));
      });
    return () => stop.abort();
    // The caller names what the work depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [...depends, round]);
  return { ...state, again };
}

/** GET a path; null asks nothing. */
export function useGet<T>(path: string | null, query: Asked["query"] = {}): Fetched<T> {
  const work = path === null ? null : (signal: AbortSignal) => get<T>(path, { query, signal });
  return useWork(work, [path, JSON.stringify(query)]);
}

/** Calls `heard` for each event of the topics (all of them by default) while the component shows. */
export function useEvents(heard: (event: MeshEvent) => void, topics?: string[]): void {
  const latest = useRef(heard);
  latest.current = heard;
  const wanted = topics?.join(" ");
  useEffect(
    () =>
      live.listen((event) => {
        if (!wanted || wanted.split(" ").includes(event.topic)) latest.current(event);
      }),
    [wanted],
  );
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: "about:blank", title: "This page failed", status: 0, detail };
}
