import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";

import { post } from "../../api/client";
import { problemOf, useGet, useWork } from "../../api/hooks";
import type { Envelope, Problem, ReplyOf } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure, Loading } from "../../parts/Told";
import { moment, number, words } from "../../parts/wording";
import { readings } from "./Choose";
import { chart, type Anomaly, type Answer, type Reading, type Report } from "./chart";

type Marked = ReplyOf<"/anomaly/expected">["items"][number];

interface Props {
  envelope: Envelope<Answer>;
  question: Record<string, unknown> | null;
  clients: Record<string, string>;
}

export function Series({ envelope, question, clients }: Props) {
  const answer = envelope.answer;
  const client = typeof question?.["client_id"] === "string" ? question["client_id"] : null;
  const stored = useWork(client ? () => readings(client, answer.metric_type) : null, [envelope.result_id]);
  const marks = useGet<ReplyOf<"/anomaly/expected">>(client ? "/anomaly/expected" : null, { client_id: client, metric_type: answer.metric_type });
  const [problem, setProblem] = useState<Problem | null>(null);
  const given: Reading[] | null = Array.isArray(question?.["values"]) ? (question["values"] as number[]).map((value) => ["", value]) : null;
  const keyOf = (one: Anomaly) => [client ?? "pasted", answer.metric_type, one.series, one.time ?? one.index].join("|");
  const markOf = (one: Anomaly) => covering(one, marks.data?.items ?? []);
  const shown = answer.anomalies.filter((one) => !markOf(one));
  const change = async (route: string, body: Record<string, unknown>) => {
    try {
      await post(route, body);
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    marks.again();
  };
  const expect = (one: Anomaly) => change("/anomaly/expect", {
    client_id: client, metric_type: answer.metric_type, series: one.series, start: one.start ?? one.time, end: one.end ?? one.time,
  });
  return (
    <Container
      header={<Header variant="h2" description={answer.message}>{words(answer.metric_type)}{client ? ` at ${clients[client] ?? client}` : ""}</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} />}
    >
      <SpaceBetween size="l">
        {stored.loading && <Loading what="Reading the stored series" />}
        {problem && <Failure problem={problem} />}
        {marks.problem && <Failure problem={marks.problem} again={marks.again} />}
        {stored.problem && <Failure problem={stored.problem} again={stored.again} />}
        {answer.series.map((report) => (
          <One key={report.name} report={report} readings={given ?? stored.data?.[report.name] ?? []} anomalies={shown.filter((one) => one.series === report.name)} />
        ))}
        {answer.incidents.map((one) => (
          <Box key={one.first_index}><strong>Together:</strong> {one.reason} Likely origin: {one.likely_origin}.</Box>
        ))}
        <DataTable title="What is unusual" noun="anomaly" rows={answer.anomalies} id={keyOf} headingTag="h3" sortBy="score" descending
          description={client ? "What is marked as expected is kept for this series: later answers say so and alert nobody." : "Only series that are stored keep marks of what is expected."}
          empty={<Empty title="Nothing is unusual">{answer.message}</Empty>}
          columns={[
            { id: "time", header: "When", value: (one) => one.time ?? one.index, cell: (one) => (one.time ? moment(one.time) : `reading ${one.index + 1}`) },
            { id: "kind", header: "Kind", value: (one) => words(one.kind) },
            { id: "value", header: "Measured", value: (one) => one.value, cell: (one) => number(one.value), width: 110 },
            { id: "band", header: "Expected", value: (one) => one.expected, cell: (one) => `${number(one.band.low)} to ${number(one.band.high)}` },
            { id: "score", header: "Score", value: (one) => one.score, cell: (one) => number(one.score), width: 100 },
            { id: "state", header: "State", value: (one) => (markOf(one) ? "expected" : one.alert ? "alert" : "noted"), width: 120 },
            { id: "mark", header: "", value: () => "", cell: (one) => {
              const mark = markOf(one);
              const named = `${words(one.kind)} ${one.time ?? one.index}`;
              if (!client) return null;
              return mark
                ? <Button variant="inline-link" onClick={() => void change("/anomaly/unexpect", { id: mark.id })} ariaLabel={`Take the mark back: ${named}`}>Take the mark back</Button>
                : <Button variant="inline-link" onClick={() => void expect(one)} ariaLabel={`Mark as expected: ${named}`}>Mark as expected</Button>;
            } },
          ]} />
      </SpaceBetween>
    </Container>
  );
}

/** The mark whose span the anomaly's worst reading lies in: as the agent judges it. */
export function covering(one: Anomaly, marks: readonly Marked[]): Marked | undefined {
  const time = one.time ? Date.parse(one.time) : Number.NaN;
  return marks.find((mark) => mark.series === one.series && Date.parse(mark.start) <= time && time <= Date.parse(mark.end));
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
