import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import { Chart } from "../../parts/Chart";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { moment, number, words } from "../../parts/wording";
import { byRound, type Progress } from "./rounds";

const NAMES: Record<string, string> = { churn: "Who may leave", threat_techniques: "Techniques in reports" };
const three = (value: number | null | undefined) => (value == null ? "not measured" : value.toFixed(3));

export function Training({ training }: { training: Progress }) {
  const option = useMemo(() => byRound(training), [training]);
  const rounds = training.rounds ?? [];
  const last = rounds.at(-1);
  const spent = training.epsilon_spent ?? 0;
  const asked = training.epsilon_asked || spent || 1;
  const measured = rounds.filter((one) => one.auc != null);
  return (
    <Container header={<Header variant="h2" description={`${words(training.state)}. ${training.why ?? ""} Started ${moment(training.started_at)}.`}>{NAMES[training.model_type] ?? words(training.model_type)}</Header>}>
      <SpaceBetween size="l">
        <Box color="text-body-secondary">
          How well the model tells cases apart (AUC): 0.5 is guessing, 1 is perfect. Judged on held-out clients; the count behind each round's point carries noise for privacy, so it may lie off.
        </Box>
        <KeyValuePairs columns={4} items={[
          { label: "Trained together", value: three(training.federated?.auc) },
          { label: "Each site alone", value: training.local_only?.auc == null ? (training.local_only?.note ?? "not measured") : three(training.local_only.auc) },
          { label: "All rows in one place", value: training.pooled?.auc == null ? (training.pooled?.note ?? "not measured") : three(training.pooled.auc) },
          { label: "Model kept", value: training.model_version ?? "none" },
        ]} />
        <ProgressBar label="Rounds" value={training.rounds_planned ? (rounds.length / training.rounds_planned) * 100 : 0}
          additionalInfo={`${rounds.length} of ${training.rounds_planned}${last ? `; ${last.sites_in} sites in, ${last.sites_dropped} dropped out of the last` : ""}`} />
        <ProgressBar label="Privacy spent (epsilon)" value={Math.min(100, (spent / asked) * 100)} additionalInfo={`${number(spent)} of ${number(asked)}, the most that any client record paid`} />
        {measured.length > 1 && (
          <Chart option={option} height={260} label={`AUC by round, last ${three(measured.at(-1)?.auc)}`}
            figures={{ header: ["Round", "AUC", "Sites in", "Dropped"], rows: rounds.map((one) => [String(one.round), three(one.auc), String(one.sites_in), String(one.sites_dropped)]) }} />
        )}
        <DataTable title="Sites" noun="site" headingTag="h3" rows={training.sites ?? []} id={(one) => one.site} pageSize={10}
          description="By number: which MSP a site is, is not told." empty={<Empty title="Told at the end" />}
          columns={[
            { id: "site", header: "Site", value: (one) => `${words(one.site)}${one.you ? " (you)" : ""}` },
            { id: "in", header: "Rounds in", value: (one) => one.rounds_in },
            { id: "dropped", header: "Dropped out", value: (one) => one.rounds_dropped },
            { id: "epsilon", header: "Epsilon", value: (one) => one.epsilon, cell: (one) => number(one.epsilon) },
            { id: "why", header: "Left out because", value: (one) => one.why_out ?? "" },
          ]} />
      </SpaceBetween>
    </Container>
  );
}
