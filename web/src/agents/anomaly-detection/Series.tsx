import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import { useWork } from "../../api/hooks";
import { Store, useStore } from "../../api/store";
import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure, Loading } from "../../parts/Told";
import { moment, number, words } from "../../parts/wording";
import { readings } from "./Choose";
import { chart, type Anomaly, type Answer, type Reading, type Report } from "./chart";

const NAME = "mesh.expected";
const expected = new Store<string[]>(JSON.parse(window.localStorage.getItem(NAME) ?? "[]") as string[]);

interface Props {
  envelope: Envelope<Answer>;
  question: Record<string, unknown> | null;
  clients: Record<string, string>;
}

export function Series({ envelope, question, clients }: Props) {
  const answer = envelope.answer;
  const client = typeof question?.["client_id"] === "string" ? question["client_id"] : null;
  const stored = useWork(client ? () => readings(client, answer.metric_type) : null, [envelope.result_id]);
  const known = useStore(expected);
  const given: Reading[] | null = Array.isArray(question?.["values"]) ? (question["values"] as number[]).map((value) => ["", value]) : null;
  const keyOf = (one: Anomaly) => [client ?? "pasted", answer.metric_type, one.series, one.time ?? one.index].join("|");
  const shown = answer.anomalies.filter((one) => !known.includes(keyOf(one)));
  const expect = (one: Anomaly) => {
    const next = [...known, keyOf(one)].slice(-500);
    window.localStorage.setItem(NAME, JSON.stringify(next));
    expected.set(next);
  };
  return (
    <Container
      header={<Header variant="h2" description={answer.message}>{words(answer.metric_type)}{client ? ` at ${clients[client] ?? client}` : ""}</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} />}
    >
      <SpaceBetween size="l">
        {stored.loading && <Loading what="Reading the stored series" />}
        {stored.problem && <Failure problem={stored.problem} again={stored.again} />}
        {answer.series.map((report) => (
          <One key={report.name} report={report} readings={given ?? stored.data?.[report.name] ?? []} anomalies={shown.filter((one) => one.series === report.name)} />
        ))}
        {answer.incidents.map((one) => (
          <Box key={one.first_index}><strong>Together:</strong> {one.reason} Likely origin: {one.likely_origin}.</Box>
        ))}
        <DataTable title="What is unusual" noun="anomaly" rows={shown} id={keyOf} headingTag="h3" sortBy="score" descending
          description={known.length ? "What you marked as expected is hidden in this browser." : undefined}
          actions={known.length ? <Button onClick={() => { window.localStorage.removeItem(NAME); expected.set([]); }}>Show all again</Button> : undefined}
          empty={<Empty title="Nothing is unusual">{answer.message}</Empty>}
          columns={[
            { id: "time", header: "When", value: (one) => one.time ?? one.index, cell: (one) => (one.time ? moment(one.time) : `reading ${one.index + 1}`) },
            { id: "kind", header: "Kind", value: (one) => words(one.kind) },
            { id: "value", header: "Measured", value: (one) => one.value, cell: (one) => number(one.value), width: 110 },
            { id: "band", header: "Expected", value: (one) => one.expected, cell: (one) => `${number(one.band.low)} to ${number(one.band.high)}` },
            { id: "score", header: "Score", value: (one) => one.score, cell: (one) => number(one.score), width: 100 },
            { id: "alert", header: "", value: () => "", cell: (one) => <Button variant="inline-link" onClick={() => expect(one)} ariaLabel={`Mark as expected: ${words(one.kind)} ${one.time ?? one.index}`}>Mark as expected</Button> },
          ]} />
      </SpaceBetween>
    </Container>
  );
}

function One({ report, readings, anomalies }: { report: Report; readings: Reading[]; anomalies: Anomaly[] }) {
  const option = useMemo(() => chart(readings, report, anomalies), [readings, report, anomalies.length]);
  const season = report.season ? ` It repeats every ${report.season.seconds ? `${number(report.season.seconds / 3600)} h` : `${number(report.season.steps)} steps`}.` : "";
  return (
    <div>
      <Box variant="h3">{report.name}</Box>
      <Box color="text-body-secondary">{report.detail}{season}</Box>
      {readings.length > 0 && (
        <Chart option={option} height={320}
          label={`${report.name}: ${report.readings} readings, ${anomalies.length} unusual. ${report.detail}`}
          figures={{ header: ["When", "Measured"], rows: readings.slice(-200).map(([time, value], index) => [time ? moment(time) : String(index + 1), number(value)]) }} />
      )}
    </div>
  );
}
