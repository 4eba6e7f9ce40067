import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import type { AnswerOf, Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { Empty } from "../../parts/Told";
import { number, percent, whole } from "../../parts/wording";
import { changed, type Ranked } from "./Ranking";
import { learntFrom } from "./learnt";
import { steps, waterfall } from "./waterfall";

export type Answer = AnswerOf<"/client-health/predict">;

export function Client({ envelope, ranked }: { envelope: Envelope<Answer>; ranked: Ranked | undefined }) {
  const answer = envelope.answer;
  const found = useMemo(() => steps(answer.base_log_odds, answer.drivers), [answer]);
  const option = useMemo(() => waterfall(answer.base_log_odds, answer.log_odds ?? 0, found), [answer, found]);
  if (answer.status !== "ok") return <Empty title={answer.name || "No figures"}>{answer.message}</Empty>;
  const figures = {
    header: ["Input", "Value", "Typical", "Multiplies the odds by"],
    rows: answer.drivers.map((one) => [one.words, `${number(one.value)} ${one.unit}`, number(one.typical), number(one.odds_factor)]),
  };
  return (
    <Container
      header={<Header variant="h2" description={answer.message}>{answer.name || answer.client_id}</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} />}
    >
      <SpaceBetween size="l">
        <KeyValuePairs columns={4} items={[
          { label: `May leave within ${answer.horizon_days} days`, value: `${percent(answer.churn_probability)}${between(answer)}` },
          { label: "Health", value: `${whole(answer.health_score)} of 100` },
          { label: "Since 30 days ago", value: ranked ? changed(ranked.change) : "not known" },
          { label: "Looks like clients that", value: answer.outlook?.resembles.map((one) => (one === "leaves" ? "left" : "stayed")).join(", and those that ") || "none it learnt from" },
        ]} />
        <ColumnLayout columns={2}>
          <div>
            <Box variant="h3">Why</Box>
            <Box color="text-body-secondary">From a client like any to this one: red raises the risk of leaving, green lowers it.</Box>
            <Chart label={`What leads to ${percent(answer.churn_probability)}: ${answer.drivers.slice(0, 3).map((one) => one.sentence).join("; ")}`}
              option={option} figures={figures} height={60 + 30 * (found.length + 2)} />
          </div>
          <div>
            <Box variant="h3">What to do</Box>
            {answer.actions.length ? (
              <ol>
                {answer.actions.map((one) => (
                  <li key={one.action}>
                    <strong>{one.action}</strong>
                    <Box color="text-body-secondary">
                      {one.because}. Were that as usual, {percent(one.probability_if_typical)}.
                    </Box>
                  </li>
                ))}
              </ol>
            ) : (
              <Box>Nothing stands out that could be changed.</Box>
            )}
            {answer.missing.length > 0 && <Box color="text-body-secondary">Not known, so without effect: {answer.missing.join(", ").replaceAll("_", " ")}.</Box>}
          </div>
        </ColumnLayout>
        <Box color="text-body-secondary">{learntFrom(answer.learnt, answer.notes)}</Box>
      </SpaceBetween>
    </Container>
  );
}

const between = (answer: Answer) => (answer.interval ? ` (${percent(answer.interval.low)} to ${percent(answer.interval.high)})` : "");
