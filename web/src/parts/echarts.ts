/** The chart library, in a chunk of its own. Only what the pages draw is taken from it. */
import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
} from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CanvasRenderer, CustomChart, DataZoomComponent, GridComponent, LegendComponent,
  LineChart, MarkAreaComponent, MarkLineComponent, ScatterChart, TooltipComponent,
]);

export type Option = EChartsCoreOption;

export interface Drawn {
  show: (option: Option) => void;
  resize: () => void;
  dispose: () => void;
}

export function draw(place: HTMLElement, clicked: (name: string, index: number) => void): Drawn {
  const chart = init(place);
  chart.on("click", (event) => clicked(String(event.name), event.dataIndex ?? 0));
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    show: (option) => chart.setOption({ animation: !still, animationDuration: 300, ...plain(option) }, true),
    resize: () => chart.resize(),
    dispose: () => chart.dispose(),
  };
}

/** Tooltips are drawn, not written as HTML: stored text stays text, and no inline style is needed. */
function plain(option: Option): Option {
  const tooltip = { trigger: "axis", confine: true, ...(option["tooltip"] as object | undefined), renderMode: "richText" };
  const legend = option["legend"] as object | undefined;
  const textStyle = { fontFamily: "'Open Sans', 'Helvetica Neue', Roboto, Arial, sans-serif" };
  return { textStyle, ...option, tooltip, ...(legend ? { legend: { top: 0, bottom: "auto", ...legend } } : {}) };
}
