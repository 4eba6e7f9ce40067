import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { number, words } from "../../parts/wording";
import { Citations } from "./Citations";
import { PlanShown } from "./PlanShown";
import type { Answer } from "./conversation";
import { drawn } from "./drawn";

type Row = Answer["rows"][number];

interface Props {
  query: string;
  envelope: Envelope<Answer> | null;
  retry: (query: string) => void;
}

export function Turn({ query, envelope, retry }: Props) {
  const answer = envelope?.answer;
  const option = useMemo(() => (answer?.chart && answer.rows.length > 1 ? drawn(answer.chart) : null), [answer]);
  return (
    <SpaceBetween size="s">
      <p className="talk-mine">{query}</p>
      {answer?.abstained && (
        <Alert type="info" header={answer.abstained.why} action={answer.abstained.nearest ? <Button onClick={() => retry(answer.abstained?.nearest ?? "")}>Ask: {answer.abstained.nearest}</Button> : undefined}>
          {(answer.abstained.choices ?? []).map((choice) => <div key={choice}><Button variant="inline-link" onClick={() => retry(choice)}>{choice}</Button></div>)}
        </Alert>
      )}
      {answer && !answer.abstained && <Box fontSize="heading-m" fontWeight="normal"><span className="anywhere">{answer.answer}</span></Box>}
      {answer && option && <Chart option={option} label={answer.answer} height={260} />}
      {answer && answer.rows.length > 1 && <Rows answer={answer} />}
      {answer && answer.citations.length > 0 && <Citations citations={answer.citations} />}
      {answer?.plan && <ExpandableSection headerText="The plan behind it"><PlanShown plan={answer.plan} /></ExpandableSection>}
      {answer && answer.notes.length > 0 && <Box color="text-body-secondary">{answer.notes.join(" ")}</Box>}
      {envelope && <Answered envelope={envelope as unknown as Envelope} />}
    </SpaceBetween>
  );
}

const measured = (answer: Answer): string => {
  const name = answer.plan?.metric ? words(answer.plan.metric).replace(/^Sla/, "SLA") : "Value";
  return answer.unit && !name.toLowerCase().includes(answer.unit.toLowerCase()) ? `${name} (${answer.unit})` : name;
};

function Rows({ answer }: { answer: Answer }) {
  const groups = [...new Set(answer.rows.flatMap((row) => Object.keys(row.group ?? {})))];
  const compared = answer.rows.some((row) => row.before != null);
  const columns: Column<Row & { key: string }>[] = [
    ...groups.map((name) => ({ id: name, header: words(name), value: (row: Row) => row.group?.[name] ?? "" })),
    { id: "value", header: measured(answer), value: (row) => row.value, cell: (row) => number(row.value) },
    ...(compared ? [{ id: "before", header: "Before", value: (row: Row) => row.before ?? null, cell: (row: Row) => number(row.before) }] : []),
    { id: "records", header: "Records counted", value: (row) => row.records },
  ];
  const rows = answer.rows.map((row, index) => ({ ...row, key: String(index) }));
  return <DataTable title="Rows" noun="row" headingTag="h3" rows={rows} id={(row) => row.key} columns={columns} pageSize={8} empty={<Empty title="None" />} />;
}
