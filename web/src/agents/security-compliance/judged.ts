import type { AnswerOf } from "../../api/types";
import type { Span } from "../../parts/spans";

export type Answer = AnswerOf<"/compliance/check">;
export type Judged = Answer["requirements"][number];
export type Status = Judged["status"];

export const WORDS: Record<Status, string> = { met: "met", partial: "in part", missing: "missing", no_evidence: "no evidence" };
const ORDER: Status[] = ["missing", "partial", "no_evidence", "met"];

export interface Branch {
  id: string;
  counts: Record<Status, number>;
  leaves: Judged[];
}

/** Requirements by the part of their id before the last step: 164.308(a)(1) -> 164.308(a), CC6.1 -> CC6. */
export function branches(requirements: readonly Judged[]): Branch[] {
  const found = new Map<string, Branch>();
  for (const one of requirements) {
    const id = parent(one.id);
    const branch = found.get(id) ?? { id, counts: { met: 0, partial: 0, missing: 0, no_evidence: 0 }, leaves: [] };
    branch.counts[one.status] += 1;
    branch.leaves.push(one);
    found.set(id, branch);
  }
  for (const branch of found.values()) branch.leaves.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  return [...found.values()];
}

export function parent(id: string): string {
  const section = /^(\d+\.\d+)\(/.exec(id);
  if (section?.[1]) return section[1];
  const cut = Math.max(id.lastIndexOf("."), id.lastIndexOf("-"));
  return cut > 0 ? id.slice(0, cut) : id;
}

/** Where in a document its quotes stand, each with the requirement that it speaks for. */
export function spansIn(answer: Answer, document: string): Span[] {
  return answer.requirements.flatMap((one) =>
    one.evidence
      .filter((quote) => quote.document === document)
      .map(({ start, end, claim }) => ({ start, end, kind: claim, title: `${one.id} ${one.title}: ${claim.replace("_", " ")}` })),
  );
}
