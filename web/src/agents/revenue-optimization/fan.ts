import type { AnswerOf } from "../../api/types";
import type { Option } from "../../parts/echarts";
import type { Palette } from "../../parts/palette";
import { money, month } from "../../parts/wording";

export type Answer = AnswerOf<"/revenue/forecast">;
type Path = NonNullable<Answer["total"]>;

export const PERIODS = [
  { value: "90", label: "3 months" },
  { value: "180", label: "6 months" },
  { value: "365", label: "12 months" },
];

/** The question that the sliders stand for; sliders at rest ask for no scenario. */
export function question(days: number, price: number, lost: number, renewal: number, now = new Date()): Record<string, unknown> {
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
  const changes: Record<string, unknown>[] = [];
  if (price !== 0 || lost !== 0) changes.push({ kind: "price_change", percent: price, lost_percent: lost, starts: next });
  if (renewal < 100) changes.push({ kind: "renewals", renewal_rate: renewal / 100 });
  return { period_days: days, ...(changes.length ? { scenarios: [{ name: "What if", changes }] } : {}) };
}

/** The past as a line, the forecast as a fan of 80 and 95 %, and each scenario as a line of its own. */
export function fan(answer: Answer): (colours: Palette) => Option {
  const total = answer.total as Path;
  const past = answer.history.slice(-24);
  const labels = [...past.map((one, index) => (one.start ? month(one.start) : String(index + 1))),
    ...total.steps.map((one, index) => (one.start ? month(one.start) : `+${index + 1}`))];
  const blank = past.map(() => null);
  const lead = <T>(values: T[]): (T | null)[] => [...blank, ...values];
  const band = (which: "interval_80" | "interval_95") => ({
    low: lead(total.steps.map((one) => one[which]?.low ?? null)),
    width: lead(total.steps.map((one) => (one[which] ? one[which].high - one[which].low : null))),
  });
  const wide = band("interval_95");
  const narrow = band("interval_80");
  const last = past.at(-1)?.amount ?? null;
  return (colours) => {
    const area = (name: string, { low, width }: typeof wide, color: string) => [
      { name: `${name} low`, type: "line", stack: name, data: low, symbol: "none", lineStyle: { opacity: 0 }, silent: true },
      { name, type: "line", stack: name, data: width, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color }, itemStyle: { color }, silent: true },
    ];
    const scenarios = answer.scenarios.map((one, index) => ({
      name: one.name, type: "line", symbol: "circle", symbolSize: 5,
      itemStyle: { color: colours.series[index + 1] }, lineStyle: { type: "dashed", color: colours.series[index + 1] },
      data: lead(one.path.steps.map((step) => step.expected)),
    }));
    return {
      grid: { left: 8, right: 16, top: 56, bottom: 8, containLabel: true },
      legend: { data: ["invoiced", "expected", "80 %", "95 %", ...answer.scenarios.map((one) => one.name)], textStyle: { color: colours.text } },
      xAxis: { type: "category", data: labels, boundaryGap: false, axisLabel: { color: colours.text } },
      yAxis: { type: "value", scale: true, axisLabel: { color: colours.text, formatter: (amount: number) => money(amount, answer.currency ?? "USD") }, splitLine: { lineStyle: { color: colours.line } } },
      tooltip: { trigger: "axis", formatter: (items: { name: string; dataIndex: number }[]) => tip(answer, past.length, items[0]) },
      series: [
        ...area("95 %", wide, colours.faint), ...area("80 %", narrow, colours.band),
        { name: "invoiced", type: "line", data: past.map((one) => one.amount), symbol: "none", itemStyle: { color: colours.text }, lineStyle: { color: colours.text } },
        { name: "expected", type: "line", data: [...blank.slice(1), last, ...total.steps.map((one) => one.expected)], symbol: "none", itemStyle: { color: colours.main }, lineStyle: { color: colours.main, width: 2 } },
        ...scenarios,
      ],
    };
  };
}

function tip(answer: Answer, past: number, item: { name: string; dataIndex: number } | undefined): string {
  if (!item) return "";
  const figure = (value: number | undefined) => Math.round(value ?? 0).toLocaleString();
  if (item.dataIndex < past) return `${item.name}: ${figure(answer.history.slice(-24)[item.dataIndex]?.amount)}`;
  const step = answer.total?.steps[item.dataIndex - past];
  const scenarios = answer.scenarios.map((one) => `\n${one.name}: ${figure(one.path.steps[item.dataIndex - past]?.expected)}`);
  const bands = step?.interval_80 ? `\n80 %: ${figure(step.interval_80.low)} to ${figure(step.interval_80.high)}` : "";
  const wide = step?.interval_95 ? `\n95 %: ${figure(step.interval_95.low)} to ${figure(step.interval_95.high)}` : "";
  return `${item.name}: ${figure(step?.expected)}${bands}${wide}${scenarios.join("")}`;
}
