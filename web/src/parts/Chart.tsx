/** A chart that loads its library when the first one shows, with the same figures as a table for those who
 * cannot see it or want the numbers. */
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import { useEffect, useRef, useState } from "react";

import { useStore } from "../api/store";
import { theme } from "../app/theme";
import type { Drawn, Option } from "./echarts";
import { palette } from "./palette";

export interface Figures {
  header: string[];
  rows: string[][];
}

interface Props {
  /** What the chart shows, in a sentence; read instead of it. */
  label: string;
  option: (colours: ReturnType<typeof palette>) => Option;
  height?: number;
  figures?: Figures;
  onClick?: (name: string, dataIndex: number) => void;
}

export function Chart({ label, option, height = 280, figures, onClick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const clicked = useRef(onClick);
  clicked.current = onClick;
  const [failed, setFailed] = useState(false);
  const shade = useStore(theme);
  useEffect(() => {
    let gone = false;
    const resize = new ResizeObserver(() => drawn.current?.resize());
    import("./echarts")
      .then(({ draw }) => {
        if (gone || !place.current) return;
        drawn.current ??= draw(place.current, (name, index) => clicked.current?.(name, index));
        drawn.current.show(option(palette(shade)));
        resize.observe(place.current);
      })
      .catch(() => setFailed(true));
    return () => {
      gone = true;
      resize.disconnect();
    };
  }, [option, shade]);
  useEffect(
    () => () => {
      drawn.current?.dispose();
      drawn.current = null;
    },
    [],
  );
  return (
    <div>
      {failed ? (
        <Box color="text-status-error">The chart could not be loaded; the figures are below.</Box>
      ) : (
        <div ref={place} role="img" aria-label={label} style={{ height }} className="chart" />
      )}
      {figures && (
        <ExpandableSection headerText="The figures" variant="footer">
          <FiguresTable figures={figures} label={label} />
        </ExpandableSection>
      )}
    </div>
  );
}

function FiguresTable({ figures, label }: { figures: Figures; label: string }) {
  return (
    <div className="scrolls" tabIndex={0} role="region" aria-label={`Figures: ${label}`}>
      <table className="figures">
        <thead>
          <tr>{figures.header.map((name) => <th key={name} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {figures.rows.slice(0, 500).map((row, index) => (
            <tr key={index}>{row.map((cell, place) => <td key={place}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
