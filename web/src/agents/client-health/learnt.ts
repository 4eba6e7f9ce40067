import { number, plural } from "../../parts/wording";
import type { Answer } from "./Client";

/** What the model learnt from, and what else there is to know of the answer. Of a version that MSPs learnt together
 * nobody counts the departures. A note that names the version says all of it, and more. */
export function learntFrom({ trained_on, departures, lineage }: Answer["learnt"], notes: readonly string[] = []): string {
  if (lineage && notes.some((note) => note.includes(lineage.version))) return notes.join(" ");
  const told = lineage
    ? `The model was learnt together by ${plural(lineage.sites, "MSP")}, each of which kept its records: version ${lineage.version}, epsilon ${number(lineage.epsilon)} a client.`
    : `The model learnt from ${trained_on}${departures == null ? "" : ` (${plural(departures, "departure")})`}.`;
  return [told, ...notes].join(" ");
}
