import type { AnswerOf } from "../../api/types";
import type { Option } from "../../parts/echarts";
import type { Palette } from "../../parts/palette";

export type Answer = AnswerOf<"/anomaly/detect">;
export type Anomaly = Answer["anomalies"][number];
export type Report = Answer["series"][number];
export type Reading = [string, number | null];

/** The series with the band it was expected in, and a mark for each anomaly. Times where it has them. */
export function chart(readings: Reading[], report: Report, anomalies: Anomaly[]): (colours: Palette) => Option {
  const scores = report.scores;
  const fits = scores && scores.low.length === readings.length;
  const low = fits ? scores.low : [];
  const width = fits ? scores.low.map((v, i) => (v == null || scores.high[i] == null ? null : (scores.high[i] as number) - v)) : [];
  return (colours) => ({
    grid: { left: 8, right: 16, top: 30, bottom: 56, containLabel: true },
    legend: { data: ["measured", "expected band", "unusual"], textStyle: { color: colours.text }, top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: readings.map(([time], index) => (time ? time.slice(5, 16).replace("T", " ") : String(index))), axisLabel: { color: colours.text } },
    yAxis: { type: "value", scale: true, axisLabel: { color: colours.text }, splitLine: { lineStyle: { color: colours.line } } },
    dataZoom: [{ type: "inside" }, { type: "slider", bottom: 8, height: 20, textStyle: { color: colours.text } }],
    series: [
      { name: "below", type: "line", stack: "band", data: low, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } },
      { name: "expected band", type: "line", stack: "band", data: width, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: colours.band }, itemStyle: { color: colours.band }, silent: true, tooltip: { show: false } },
      { name: "measured", type: "line", data: readings.map(([, value]) => value), symbol: "none", lineStyle: { width: 1.5, color: colours.main }, itemStyle: { color: colours.main }, sampling: "lttb" },
      { name: "unusual", type: "scatter", symbolSize: 12, itemStyle: { color: colours.bad }, data: anomalies.map((one) => [one.index, one.value]) },
    ],
  });
}
