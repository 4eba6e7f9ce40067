/** What clients are called: answers and tickets name them by id alone. */
import { useMemo } from "react";

import { useGet } from "../api/hooks";
import type { Row } from "../api/types";

export type Names = Readonly<Record<string, string>>;
const MOST = 1000;

export function useClientNames(): Names {
  const found = useGet<{ items: Row[] }>("/records/clients", { limit: MOST });
  return useMemo(() => Object.fromEntries((found.data?.items ?? []).map((row) => [row.id, String(row["name"] ?? row.id)])), [found.data]);
}
