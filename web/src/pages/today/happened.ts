/** An event in a sentence, by the agent or part of the mesh that it comes from. */
import type { MeshEvent } from "../../api/types";
import { milliseconds, percent, plural, whole, words } from "../../parts/wording";

type Data = Record<string, unknown>;
const count = (data: Data, name: string): number => Number(data[name] ?? 0);
const text = (data: Data, name: string): string => String(data[name] ?? "").replaceAll("_", " ").replaceAll("-", " ").toLowerCase();

const SENTENCES: Record<string, (data: Data) => string> = {
  "threat-intelligence": (data) => {
    if (count(data, "severity_score") === 0) return "found no sign of a threat";
    return `found ${text(data, "threat_type")}, severity ${whole(count(data, "severity_score"))} of 100`;
  },
  "anomaly-detection": (data) => `looked at ${plural(count(data, "series"), "series", "series")}: ${plural(count(data, "alerts"), "alert")}`,
  "client-health": (data) => `judged ${plural(count(data, "clients"), "client")}, the likeliest to leave at ${percent(count(data, "churn_probability"))}`,
  "revenue-optimization": (data) => `forecast ${plural(count(data, "period_days"), "day")} and found ${plural(count(data, "opportunities"), "opportunity", "opportunities")}`,
  "resource-allocation": (data) => `planned ${plural(count(data, "done"), "task")}, ${whole(count(data, "left_out"))} left out, ${plural(count(data, "sla_breaches"), "SLA breach", "SLA breaches")}`,
  "security-compliance": (data) => `judged ${String(data["framework"] ?? "the policies")}: ${whole(count(data, "score"))} of 100, ${whole(count(data, "met"))} met`,
  "collaboration": (data) => `compared ${plural(count(data, "considered"), "partner")}, ${whole(count(data, "fitting"))} fit`,
  "market-intelligence": (data) => `read ${plural(count(data, "texts"), "text")}${data["tone"] ? `, which sound ${text(data, "tone")}` : ""}`,
  "nlp-query": (data) => (data["abstained"] ? "was asked something it cannot answer" : `answered${data["metric"] ? ` about ${text(data, "metric")}` : ""}`),
  "federated-learning": (data) => `trained over ${plural(count(data, "sites"), "site")} in ${plural(count(data, "rounds"), "round")}: ${text(data, "status")}`,
};

export function happened(event: MeshEvent): string {
  const sentence = SENTENCES[event.topic];
  const kind = event.type.split(".").at(-1) ?? "";
  return sentence && !kind.includes("fail") ? sentence(event.data) : plain(event);
}

/** For what has no sentence of its own: `finished (playbook: client retention, took: 1.2 s)`. */
function plain({ type, data }: MeshEvent): string {
  const shown = Object.entries(data).filter(([name, value]) => ["string", "number"].includes(typeof value) && value !== "" && !name.endsWith("id"));
  const told = shown.slice(0, 4).map(([name, value]) =>
    name.endsWith("_ms") ? `${words(name.slice(0, -3)).toLowerCase()}: ${milliseconds(Number(value))}`
      : `${words(name).toLowerCase()}: ${typeof value === "number" ? Math.round(value * 1000) / 1000 : String(value).replaceAll("-", " ")}`);
  return `${type.split(".").at(-1)?.replaceAll("-", " ").replaceAll("_", " ") ?? ""}${told.length ? ` (${told.join(", ")})` : ""}`;
}
