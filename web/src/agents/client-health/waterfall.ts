/** How the drivers lead from a client of whom nothing is known to this one, step by step, in log-odds. */
import type { Option } from "../../parts/echarts";
import type { Palette } from "../../parts/palette";

export interface Step {
  name: string;
  from: number;
  to: number;
  effect: number;
}

export interface Driver {
  words: string;
  effect: number;
}

export const probability = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** The strongest drivers one by one, the rest as one step; the last step ends at the whole. */
export function steps(base: number, drivers: readonly Driver[], most = 8): Step[] {
  const strongest = [...drivers].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const rest = strongest.slice(most).reduce((sum, one) => sum + one.effect, 0);
  const shown = strongest.slice(0, most).map((one) => ({ name: one.words, effect: one.effect }));
  if (strongest.length > most) shown.push({ name: `${strongest.length - most} others`, effect: rest });
  let at = base;
  return shown.map(({ name, effect }) => {
    const from = at;
    at += effect;
    return { name, effect, from, to: at };
  });
}

export function waterfall(base: number, whole: number, found: Step[]): (colours: Palette) => Option {
  return (colours) => {
    const names = ["a client like any", ...found.map((one) => one.name), "this client"];
    const bars = [
      { from: base, to: base, effect: 0 }, ...found, { from: whole, to: whole, effect: 0 },
    ];
    // The axis is probability: each bar reaches from the one before to the one after its step.
    const low = bars.map((one) => Math.min(probability(one.from), probability(one.to)));
    const high = bars.map((one) => Math.max(probability(one.from), probability(one.to)));
    const ends = (index: number) => index === 0 || index === bars.length - 1;
    return {
      grid: { left: 8, right: 24, top: 8, bottom: 24, containLabel: true },
      tooltip: { trigger: "item", formatter: (item: { dataIndex: number; name: string }) => {
        const one = bars[item.dataIndex];
        return `${item.name}: ${((probability(one?.from ?? 0)) * 100).toFixed(1)} % → ${(probability(one?.to ?? 0) * 100).toFixed(1)} %`;
      } },
      xAxis: { type: "value", min: 0, axisLabel: { color: colours.text, formatter: (v: number) => `${Math.round(v * 100)} %` }, splitLine: { lineStyle: { color: colours.line } } },
      yAxis: { type: "category", data: names, inverse: true, axisLabel: { color: colours.text, width: 180, overflow: "truncate" }, axisTick: { show: false } },
      series: [
        { type: "bar", stack: "steps", data: low.map((v, i) => (ends(i) ? 0 : v)), itemStyle: { color: "transparent" }, silent: true },
        { type: "bar", stack: "steps", barWidth: "60%", data: high.map((v, i) => ({
          value: ends(i) ? v : v - (low[i] ?? 0),
          itemStyle: { color: ends(i) ? colours.main : (bars[i]?.effect ?? 0) > 0 ? colours.bad : colours.good },
        })) },
      ],
    };
  };
}
