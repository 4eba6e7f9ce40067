import type { AnswerOf, Envelope, ReplyOf } from "../../api/types";
import type { Option } from "../../parts/echarts";
import type { Palette } from "../../parts/palette";

export type Answer = AnswerOf<"/federated/train">;
export type Status = ReplyOf<"/federated/status">;
export type Progress = Status["trainings"][number];

/** A finished training's answer in the form of one under way, so that one view shows both. */
export function ofAnswer({ answer, result_id, answered_at }: Envelope<Answer>): Progress {
  return {
    training_id: result_id,
    model_type: answer.model_type,
    state: answer.status === "kept" ? "kept" : "not_kept",
    started_at: answered_at,
    updated_at: answered_at,
    rounds_planned: answer.rounds.length,
    rounds: answer.rounds,
    sites: answer.sites,
    federated: answer.federated,
    in_use: answer.in_use,
    local_only: answer.local_only,
    pooled: answer.pooled,
    model_version: answer.model_version,
    epsilon_asked: answer.epsilon_spent,
    epsilon_spent: answer.epsilon_spent,
    why: answer.why,
  } as Progress;
}

/** AUC by round, with what each site alone and all rows in one place would reach. */
export function byRound(training: Progress): (colours: Palette) => Option {
  const rounds = (training.rounds ?? []).filter((one) => one.auc != null);
  const marks = [["each site alone", training.local_only?.auc], ["all rows in one place", training.pooled?.auc]] as const;
  return (colours) => ({
    color: colours.series,
    grid: { left: 8, right: 16, top: 56, bottom: 8, containLabel: true },
    legend: { textStyle: { color: colours.text } },
    xAxis: { type: "category", data: rounds.map((one) => String(one.round)), axisLabel: { color: colours.text } },
    yAxis: { type: "value", scale: true, axisLabel: { color: colours.text }, splitLine: { lineStyle: { color: colours.line } } },
    series: [
      { name: "together", type: "line", data: rounds.map((one) => one.auc), symbolSize: 5 },
      ...marks.filter(([, auc]) => auc != null).map(([name, auc]) => ({ name, type: "line", symbol: "none", lineStyle: { type: "dashed" }, data: rounds.map(() => auc) })),
    ],
  });
}
