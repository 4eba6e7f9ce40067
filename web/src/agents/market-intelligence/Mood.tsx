import Badge, { type BadgeProps } from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Chart } from "../../parts/Chart";
import { Empty } from "../../parts/Told";
import type { Palette } from "../../parts/palette";
import { month, number, percent, plural } from "../../parts/wording";
import type { Answer } from "./page";

const COLOUR: Record<string, BadgeProps["color"]> = { POSITIVE: "green", NEGATIVE: "red", NEUTRAL: "grey", MIXED: "blue" };
export const Tone = ({ tone }: { tone: string | null }) => (tone ? <Badge color={COLOUR[tone] ?? "grey"}>{tone.toLowerCase()}</Badge> : <>not read</>);

/** How it sounds, by which sentence, and how that moved from month to month. */
export function Mood({ envelope }: { envelope: Envelope<Answer> }) {
  const { sentiment, trend, instead_of, not_known } = envelope.answer;
  const months = trend?.months ?? [];
  const option = useMemo(() => chart(months), [months]);
  return (
    <Container header={<Header variant="h2" info={sentiment && <Tone tone={sentiment.tone} />}>How it sounds</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} />}>
      {!sentiment ? (
        <Empty title="Nothing speaks of it">No text that was read is about the question. Import articles under Data, or paste some above.</Empty>
      ) : (
        <SpaceBetween size="m">
          <blockquote className="quote">
            “{sentiment.deciding.text}”
            <footer>The sentence that decided, of {plural(sentiment.texts, "text")} ({percent(sentiment.scores[sentiment.tone])} {sentiment.tone.toLowerCase()}; from {titleOf(envelope.answer, sentiment.source)})</footer>
          </blockquote>
          {months.length > 1 && (
            <div>
              <Box variant="h3">Over time: {trend?.direction}{trend?.change != null && ` (${number(trend.change)} ± ${number(trend.error)})`}</Box>
              <Box color="text-body-secondary">By month, from −1 (all negative) to +1 (all positive).</Box>
              <Chart option={option} height={220} label={`Mood by month: ${months.map((one) => `${one.month} ${number(one.net)}`).join(", ")}`}
                figures={{ header: ["Month", "Texts", "Positive less negative"], rows: months.map((one) => [one.month, String(one.texts), number(one.net)]) }} />
            </div>
          )}
          {(instead_of || not_known.length > 0) && <Box color="text-body-secondary">{[instead_of, ...not_known].filter(Boolean).join(" ")}</Box>}
        </SpaceBetween>
      )}
    </Container>
  );
}

const titleOf = (answer: Answer, source: string): string => answer.texts.find((one) => one.source === source)?.title ?? source;

function chart(months: readonly { month: string; net: number }[]) {
  return (colours: Palette) => ({
    grid: { left: 8, right: 16, top: 12, bottom: 8, containLabel: true },
    xAxis: { type: "category", data: months.map((one) => month(`${one.month}-15`)), axisLabel: { color: colours.text } },
    yAxis: { type: "value", min: -1, max: 1, axisLabel: { color: colours.text }, splitLine: { lineStyle: { color: colours.line } } },
    series: [{ name: "mood", type: "bar", barMaxWidth: 40, data: months.map((one) => ({ value: one.net, itemStyle: { color: one.net < 0 ? colours.bad : colours.good } })) }],
  });
}
