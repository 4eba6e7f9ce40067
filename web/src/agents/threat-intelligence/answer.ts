import type { AnswerOf } from "../../api/types";
import type { Span } from "../../parts/spans";

export type Answer = AnswerOf<"/threat-intelligence/analyze">;
export type Technique = Answer["techniques"][number];

/** Tactics of ATT&CK Enterprise in the order of an attack. */
export const TACTICS = [
  "reconnaissance", "resource-development", "initial-access", "execution", "persistence", "privilege-escalation",
  "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control",
  "exfiltration", "impact",
];

export const slug = (tactic: string): string => tactic.toLowerCase().replaceAll(" ", "-").replaceAll("_", "-");

/** Techniques by tactic: those of the known tactics in order, then any that a newer edition brought. */
export function matrix(techniques: readonly Technique[]): [string, Technique[]][] {
  const named = techniques.flatMap((one) => one.tactics.map(slug));
  const columns = [...TACTICS.filter((tactic) => named.includes(tactic)), ...new Set(named.filter((one) => !TACTICS.includes(one)))];
  return columns.map((tactic) => [tactic, techniques.filter((one) => one.tactics.map(slug).includes(tactic))]);
}

/** Where in the text what was found stands. */
export function spansOf(answer: Answer): Span[] {
  return [
    ...answer.techniques.flatMap((one) =>
      (one.evidence ?? []).flatMap(({ start, end }) =>
        start == null || end == null ? [] : [{ start, end, kind: "technique", title: `${one.id} ${one.name}` }],
      ),
    ),
    ...answer.indicators.flatMap((one) =>
      (one.spans ?? []).map(({ start, end }) => ({
        start, end, kind: one.benign ? "benign" : "indicator", title: `${one.type}${one.benign ? `, benign: ${one.reason}` : ""}`,
      })),
    ),
    ...answer.vulnerabilities.flatMap((one) =>
      (one.spans ?? []).map(({ start, end }) => ({ start, end, kind: "vulnerability", title: one.cve ?? "vulnerability" })),
    ),
  ];
}
