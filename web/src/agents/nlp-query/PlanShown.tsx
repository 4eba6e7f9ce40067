import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";

import { day, words } from "../../parts/wording";
import type { Answer } from "./conversation";

type Plan = NonNullable<Answer["plan"]>;

export function PlanShown({ plan }: { plan: Plan }) {
  const window = (one: Plan["window"]) => (one ? `${one.words} (${day(one.start)} up to ${day(one.end)})` : "as of now, or of all time");
  const filters = (plan.filters ?? []).map((one) => `${words(one.dimension)} is ${one.label}`);
  return (
    <KeyValuePairs columns={3} items={[
      { label: "What is computed", value: plan.metric ? words(plan.metric) : "passages of documents" },
      { label: "From", value: words(plan.source) },
      { label: "As", value: words(plan.form) },
      { label: "Only where", value: filters.join("; ") || "no filter" },
      { label: "By", value: (plan.group_by ?? []).map(words).join(", ") || "as a whole" },
      { label: "When", value: window(plan.window) },
      ...(plan.against ? [{ label: "Against", value: window(plan.against) }] : []),
      ...(plan.search ? [{ label: "Looking for", value: plan.search }] : []),
    ]} />
  );
}
