import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { useParam } from "../../app/router";
import { Simulated } from "../../parts/Marks";
import { Quartiles } from "../../parts/Quartiles";
import { Failure, Loading } from "../../parts/Told";
import { day, number, words } from "../../parts/wording";

const NAMES: Record<string, string> = { mrr_per_client: "Monthly revenue per client", churn: "Clients lost" };
const nameOf = (measure: string): string => NAMES[measure] ?? words(measure);

type Benchmark = ReplyOf<"/mesh/benchmarks">;
const MEASURES = ["price_per_seat", "mrr_per_client", "tickets_per_seat", "resolution_hours", "churn", "technician_utilisation"]
  .map((value) => ({ value, label: nameOf(value) }));

/** How this MSP stands among its peers; each figure with its cohort and its noise, or why it is withheld. */
export function Benchmarks() {
  const [measure, setMeasure] = useParam("measure", "price_per_seat");
  const [typed, setTyped] = useState("");
  const [segment, setSegment] = useState("");
  const found = useGet<Benchmark>("/mesh/benchmarks", { measure, segment });
  const budget = useGet<ReplyOf<"/mesh/benchmarks/budget">>("/mesh/benchmarks/budget");
  const one = found.data;
  return (
    <SpaceBetween size="l">
      <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
        <FormField label="Measure"><Select options={MEASURES} selectedOption={MEASURES.find((each) => each.value === measure) ?? null} onChange={({ detail }) => setMeasure(detail.selectedOption.value ?? measure)} /></FormField>
        <FormField label="Only clients of this industry" description="Press Enter to ask.">
          <Input value={typed} placeholder="dental" onChange={({ detail }) => setTyped(detail.value)} onBlur={() => setSegment(typed.trim())}
            onKeyDown={({ detail }) => { if (detail.key === "Enter") setSegment(typed.trim()); }} />
        </FormField>
      </Grid>
      {found.problem ? <Failure problem={found.problem} again={found.again} /> : !one ? <Loading /> : (
        <Container header={<Header variant="h2" info={one.simulated ? <Simulated /> : undefined} description={one.unit}>{one.title}</Header>}>
          <SpaceBetween size="m">
            {one.withheld ? (
              <Alert type="info" header="Withheld">{one.withheld}. Figures show from 5 MSPs on, none of which weighs more than a quarter.</Alert>
            ) : one.p25 != null && one.p50 != null && one.p75 != null ? (
              <Quartiles own={one.own} p25={one.p25} p50={one.p50} p75={one.p75} shown={number} />
            ) : null}
            <KeyValuePairs columns={4} items={[
              { label: "You", value: one.own == null ? "no figure of yours" : number(one.own) },
              { label: "Half of the MSPs are", value: one.withheld ? "withheld" : `between ${number(one.p25)} and ${number(one.p75)}, the middle one at ${number(one.p50)}` },
              { label: "Out of", value: one.cohort == null ? "too few" : `about ${number(one.cohort)} MSPs` },
              { label: "Noise for privacy", value: one.epsilon == null ? "–" : `ranks may be off by ${number(one.error_points)} in 100 (epsilon ${number(one.epsilon)})` },
            ]} />
          </SpaceBetween>
        </Container>
      )}
      {budget.data && <Budget data={budget.data} />}
    </SpaceBetween>
  );
}

function Budget({ data }: { data: ReplyOf<"/mesh/benchmarks/budget"> }) {
  const sides = [
    { side: data.shared, label: "What others learnt from your figures", told: "Each benchmark that counts you costs a little; when it is spent, you count in none until it renews." },
    { side: data.asked, label: "What you asked for", told: "The same question again costs nothing." },
  ];
  return (
    <Container header={<Header variant="h2" description={data.contributes ? `Your figures count: ${data.contributed_measures.map((one) => nameOf(one).toLowerCase()).join(", ")}.` : "Your figures do not count: switch that on under What you share."}>Privacy budget of this quarter</Header>}>
      <SpaceBetween size="m">
        {sides.map(({ side, label, told }) => (
          <ProgressBar key={label} value={side.allowance ? Math.min(100, (side.spent / side.allowance) * 100) : 0} label={label} description={told}
            additionalInfo={`Epsilon ${number(side.spent)} of ${number(side.allowance)} is spent; it renews on ${day(side.renews_at)}`} />
        ))}
      </SpaceBetween>
    </Container>
  );
}
