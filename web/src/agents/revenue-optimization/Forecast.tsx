import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { Empty } from "../../parts/Told";
import { money, month, number, percent } from "../../parts/wording";
import { fan, type Answer } from "./fan";

export function Forecast({ envelope }: { envelope: Envelope<Answer> }) {
  const answer = envelope.answer;
  const option = useMemo(() => (answer.total ? fan(answer) : null), [answer]);
  const cash = (amount: number | null | undefined) => money(amount, answer.currency ?? "USD");
  if (!answer.total || !option) return <Empty title="No forecast">{answer.message}</Empty>;
  const total = answer.total;
  const test = answer.backtest;
  const figures = {
    header: ["Month", "Expected", "80 %", "95 %", ...answer.scenarios.map((one) => one.name)],
    rows: total.steps.map((one, index) => [
      month(one.start), cash(one.expected),
      one.interval_80 ? `${cash(one.interval_80.low)} to ${cash(one.interval_80.high)}` : "–",
      one.interval_95 ? `${cash(one.interval_95.low)} to ${cash(one.interval_95.high)}` : "–",
      ...answer.scenarios.map((scenario) => cash(scenario.path.steps[index]?.expected)),
    ]),
  };
  return (
    <Container header={<Header variant="h2" description={answer.message}>Forecast</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} />}>
      <SpaceBetween size="l">
        <KeyValuePairs columns={4} items={[
          { label: `Expected in ${answer.period_days} days`, value: cash(total.expected) },
          { label: "In 8 of 10 cases between", value: total.interval_80 ? `${cash(total.interval_80.low)} and ${cash(total.interval_80.high)}` : "not known" },
          { label: "Last month", value: cash(total.last) },
          { label: "Tested on your past", value: test?.smape == null ? "too short a history" : `off by ${number(test.smape)} % (last value carried on: ${number(test.naive_smape)} %)` },
        ]} />
        <Chart option={option} figures={figures} height={340}
          label={`Revenue: ${cash(total.expected)} expected in ${answer.period_days} days; the last month brought ${cash(total.last)}.`} />
        {answer.scenarios.map((one) => (
          <Box key={one.name}>
            <strong>{one.name}: {one.difference >= 0 ? "+" : ""}{cash(one.difference)}</strong> ({number(one.difference_percent)} %) over the period.
            <ul>{one.assumptions.map((line) => <li key={line}>{line}</li>)}</ul>
          </Box>
        ))}
        <Box color="text-body-secondary">
          {answer.method && `${answer.method.name}: ${answer.method.combination}. `}
          {test?.coverage_80 != null && `In the test ${percent(test.coverage_80)} of later months lay in the 80 % band. `}
          {[...answer.issues.map((one) => one.detail), ...answer.notes].join(" ")}
        </Box>
      </SpaceBetween>
    </Container>
  );
}
