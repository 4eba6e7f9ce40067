/** What needs attention first, from what is known now. Each thing has its evidence and one next step. */
import type { ReplyOf, Row } from "../../api/types";
import { defanged } from "../../parts/spans";
import { ago, money, percent, plural, words } from "../../parts/wording";

export interface Matter {
  id: string;
  /** 0 to 100: what comes first. */
  urgency: number;
  level: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW";
  what: string;
  evidence: string;
  action: string;
  to: string;
}

type Ranking = ReplyOf<"/client-health/ranking">;
type Threats = ReplyOf<"/threat-intelligence/active-threats">;
const DAY_MS = 86_400_000;
// A client counts from this probability of leaving, or from a rise by so much within 30 days.
const LIKELY = 0.2;
const RISEN = 0.1;
const DROP = 0.03;

export function ofClients(ranking: Ranking): Matter[] {
  return ranking.clients
    .filter((one) => one.churn_probability >= LIKELY || (one.change ?? 0) >= RISEN)
    .map((one) => ({
      id: `client ${one.client_id}`,
      urgency: 40 + 55 * one.churn_probability,
      level: one.churn_probability >= 0.4 ? "HIGH" : "MEDIUM",
      what: `${one.name || one.client_id} may leave: ${percent(one.churn_probability)} within ${ranking.horizon_days} days`,
      evidence: [one.drivers[0]?.sentence, one.monthly_revenue == null ? "" : `pays ${money(one.monthly_revenue)} a month`].filter(Boolean).join("; "),
      action: one.action ?? "See why",
      to: `agents/client-health?client=${encodeURIComponent(one.client_id)}`,
    }));
}

/** One matter for each answer, however many of its indicators and techniques are active. */
export function ofThreats(threats: Threats, now: number): Matter[] {
  const answers = [...new Set(threats.threats.map((one) => one.results[0] ?? ""))].slice(0, 5);
  return answers.flatMap((id) => {
    const found = threats.threats.filter((one) => one.results[0] === id);
    const worst = found[0];
    if (!worst) return [];
    const things = found.slice(0, 3).map((one) => one.name || shortened(defanged(one.value)));
    return [{
      id: `threat ${id}`,
      urgency: worst.severity === "CRITICAL" ? 99 : 85,
      level: worst.severity,
      what: `${words(worst.threat_types[0] ?? "threat")}, last seen ${ago(worst.last_seen, now)}`,
      evidence: `${things.join(", ")}${found.length > 3 ? ` and ${found.length - 3} more` : ""}`,
      action: "See what to do",
      to: `agents/threat-intelligence?result=${encodeURIComponent(id)}`,
    }];
  });
}

/** Open tickets whose SLA breaks within a day, and how many broke already. */
export function ofTickets(tickets: Row[], now: number, names: Readonly<Record<string, string>> = {}): Matter[] {
  const client = (row: Row) => names[String(row["client_id"])] ?? String(row["client_id"] ?? row.id);
  const open = tickets.filter((row) => !row["resolved_at"] && row["status"] !== "closed" && row["due_at"]);
  const due = (row: Row) => new Date(String(row["due_at"])).getTime();
  const soon = open.filter((row) => due(row) >= now && due(row) < now + DAY_MS).sort((a, b) => due(a) - due(b));
  const late = open.filter((row) => due(row) < now);
  const matters: Matter[] = soon.slice(0, 4).map((row) => ({
    id: `ticket ${row.id}`,
    urgency: 60 + 35 * (1 - (due(row) - now) / DAY_MS),
    level: due(row) - now < DAY_MS / 6 ? "HIGH" : "MEDIUM",
    what: `SLA about to break: ${String(row["title"] ?? row.id)}`,
    evidence: `${client(row)}: ${String(row["priority"] ?? "no priority")}, due ${ago(String(row["due_at"]), now)}, ${String(row["status"] ?? "open")}`,
    action: "Plan it in",
    to: "agents/resource-allocation",
  }));
  if (late.length) {
    matters.push({
      id: "tickets late", urgency: 72, level: "MEDIUM",
      what: `${plural(late.length, "open ticket is", "open tickets are")} past the SLA`,
      evidence: late.slice(0, 3).map((row) => `${String(row["title"] ?? row.id)} (${client(row)})`).join("; "),
      action: "Plan who does them", to: "agents/resource-allocation",
    });
  }
  return matters;
}

interface Stored {
  result_id: string;
  answer: Record<string, unknown>;
}

export function ofForecast(found: Stored): Matter[] {
  const total = found.answer["total"] as { last: number; steps: { expected: number }[] } | null;
  const step = total?.steps[0];
  if (!total || !step || total.last <= 0 || step.expected >= total.last * (1 - DROP)) return [];
  const currency = String(found.answer["currency"] ?? "USD");
  return [{
    id: "forecast", urgency: 65, level: "MEDIUM",
    what: `Revenue is expected to drop by ${percent(1 - step.expected / total.last)}`,
    evidence: `${money(total.last, currency)} last month, ${money(step.expected, currency)} expected next`,
    action: "See the forecast", to: `agents/revenue-optimization?result=${found.result_id}`,
  }];
}

export function ofCompliance(found: Stored): Matter[] {
  const requirements = (found.answer["requirements"] ?? []) as { id: string; title: string; status: string; weight: number; reason: string }[];
  const first = (found.answer["next"] as string[] | undefined)?.[0];
  const one = requirements.find((each) => each.id === first);
  if (!one) return [];
  const open = requirements.filter((each) => each.status === "no_evidence" || each.status === "missing").length;
  return [{
    id: "compliance", urgency: 50, level: "LOW",
    what: `${String(found.answer["framework"])}: ${plural(open, "control")} without evidence`,
    evidence: `first ${one.id} ${one.title}: ${one.reason}`,
    action: "See what to write", to: `agents/security-compliance?result=${found.result_id}`,
  }];
}

export function ofAnomalies(found: Stored): Matter[] {
  const alerts = Number(found.answer["alerts"] ?? 0);
  if (!alerts) return [];
  const worst = (found.answer["anomalies"] as { series: string; kind: string; time: string | null }[] | undefined)?.at(-1);
  return [{
    id: "anomaly", urgency: 55, level: "MEDIUM",
    what: `${plural(alerts, "alert")} in ${String(found.answer["metric_type"]).replaceAll("_", " ")}`,
    evidence: worst ? `latest: ${worst.kind.replaceAll("_", " ")} at ${worst.series}${worst.time ? `, ${ago(worst.time)}` : ""}` : "",
    action: "Look at the series", to: `agents/anomaly-detection?result=${found.result_id}`,
  }];
}

const LONG = 40;
const shortened = (value: string) => (value.length > LONG ? `${value.slice(0, LONG)} …` : value);

export const first = (matters: Matter[]): Matter[] => [...matters].sort((a, b) => b.urgency - a.urgency || a.id.localeCompare(b.id));
