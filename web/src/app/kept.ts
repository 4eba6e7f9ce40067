import { useEffect } from "react";

import { show, useAsking } from "../api/asking";
import { get } from "../api/client";
import type { Envelope } from "../api/types";
import { useParam } from "./router";

/** Ties an agent's page to its answer's address: `?result=ID` shows a stored one, and a fresh one writes its id
 * there, so that the link can be passed on. */
export function useKept(name: string): void {
  const [wanted, setWanted] = useParam("result");
  const { envelope, state } = useAsking(name);
  useEffect(() => {
    if (!wanted || wanted === envelope?.result_id || state === "asking") return;
    let gone = false;
    get<Envelope>(`/results/${encodeURIComponent(wanted)}`)
      .then((found) => !gone && show(name, found))
      .catch(() => !gone && setWanted(""));
    return () => void (gone = true);
    // Only a change of the address asks for another answer.
  }, [wanted]);
  useEffect(() => {
    if (state === "answered" && envelope && envelope.result_id !== wanted) setWanted(envelope.result_id);
  }, [envelope, state]);
}
