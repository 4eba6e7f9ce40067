import { useSyncExternalStore } from "react";

/** As wide as a phone or narrower: tables become lists of cards. */
const query = (): MediaQueryList => window.matchMedia("(max-width: 640px)");

function subscribe(listener: () => void): () => void {
  const wide = query();
  wide.addEventListener("change", listener);
  return () => wide.removeEventListener("change", listener);
}

export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => query().matches);
