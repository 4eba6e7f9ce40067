/** Reads what the list of today is made from: only routes that this server has, and each on its own, so that one
 * that fails does not hide the others. */
import { get } from "../../api/client";
import { has } from "../../api/description";
import { problemOf } from "../../api/hooks";
import type { Envelope, Problem, Row } from "../../api/types";
import { first, ofAnomalies, ofClients, ofCompliance, ofForecast, ofThreats, ofTickets, type Matter } from "./attention";

const TICKETS_BACK_MS = 60 * 86_400_000;

export interface Known {
  matters: Matter[];
  problems: Problem[];
  simulated: boolean;
}

export async function known(signal: AbortSignal): Promise<Known> {
  const now = Date.now();
  let simulated = false;
  const latest = async (agent: string, of: (found: Envelope) => Matter[]): Promise<Matter[]> => {
    const page = await get<{ items: Envelope[] }>("/results", { query: { agent, limit: 1 }, signal });
    const found = page.items[0];
    simulated ||= found?.simulated ?? false;
    return found ? of(found) : [];
  };
  const parts: [boolean, () => Promise<Matter[]>][] = [
    [has("/client-health/ranking"), async () => {
      const ranking = await get<Parameters<typeof ofClients>[0]>("/client-health/ranking", { query: { limit: 50 }, signal });
      simulated ||= ranking.simulated;
      return ofClients(ranking);
    }],
    [has("/threat-intelligence/active-threats"), async () =>
      ofThreats(await get("/threat-intelligence/active-threats", { query: { hours: 72, severity: "HIGH" }, signal }), now)],
    [has("/records/{kind}"), async () => ofTickets(await tickets(now, signal), now, await names(signal))],
    [has("/revenue/forecast", "post"), () => latest("revenue-optimization", ofForecast)],
    [has("/compliance/check", "post"), () => latest("security-compliance", ofCompliance)],
    [has("/anomaly/detect", "post"), () => latest("anomaly-detection", ofAnomalies)],
  ];
  const done = await Promise.allSettled(parts.filter(([there]) => there).map(([, read]) => read()));
  signal.throwIfAborted();
  return {
    matters: first(done.flatMap((one) => (one.status === "fulfilled" ? one.value : []))),
    problems: done.flatMap((one) => (one.status === "rejected" ? [problemOf(one.reason)] : [])),
    simulated,
  };
}

async function names(signal: AbortSignal): Promise<Record<string, string>> {
  const page = await get<{ items: Row[] }>("/records/clients", { query: { limit: 1000 }, signal });
  return Object.fromEntries(page.items.map((row) => [row.id, String(row["name"] ?? row.id)]));
}

async function tickets(now: number, signal: AbortSignal): Promise<Row[]> {
  const found: Row[] = [];
  const since = new Date(now - TICKETS_BACK_MS).toISOString();
  let cursor: string | null = null;
  do {
    const page: { items: Row[]; next_cursor: string | null } = await get("/records/tickets", { query: { since, limit: 1000, cursor }, signal });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && found.length < 20_000);
  return found;
}
