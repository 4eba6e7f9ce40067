import type { Option } from "../../parts/echarts";
import type { Palette } from "../../parts/palette";

interface Channel {
  field?: string;
  title?: string;
}

/** The answer's Vega-Lite specification (a bar or a line over one field, maybe by a colour) as a chart. */
export function drawn(spec: Record<string, unknown>): ((colours: Palette) => Option) | null {
  const encoding = spec["encoding"] as Record<string, Channel> | undefined;
  const values = (spec["data"] as { values?: Record<string, unknown>[] } | undefined)?.values;
  const [x, y] = [encoding?.["x"]?.field, encoding?.["y"]?.field];
  if (!values?.length || !x || !y) return null;
  const mark = spec["mark"] as string | { type: string };
  const type = (typeof mark === "string" ? mark : mark.type) === "line" ? "line" : "bar";
  const by = (encoding?.["color"] ?? encoding?.["xOffset"])?.field;
  const labels = [...new Set(values.map((row) => String(row[x])))];
  const groups = by ? [...new Set(values.map((row) => String(row[by])))] : [encoding?.["y"]?.title ?? y];
  const numbers = (group: string) =>
    labels.map((label) => values.find((row) => String(row[x]) === label && (!by || String(row[by]) === group))?.[y] ?? null);
  return (colours) => ({
    color: colours.series,
    grid: { left: 8, right: 16, top: groups.length > 1 ? 34 : 12, bottom: 8, containLabel: true },
    ...(groups.length > 1 ? { legend: { textStyle: { color: colours.text } } } : {}),
    xAxis: { type: "category", data: labels, axisLabel: { color: colours.text, hideOverlap: true, rotate: labels.length > 8 || (window.innerWidth <= 640 && labels.join("").length > 40) ? 35 : 0 } },
    yAxis: { type: "value", axisLabel: { color: colours.text }, splitLine: { lineStyle: { color: colours.line } } },
    series: groups.map((group) => ({ name: group, type, data: numbers(group), barMaxWidth: 48 })),
  });
}
