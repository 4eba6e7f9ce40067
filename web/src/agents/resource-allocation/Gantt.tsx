/** Who does what, when. A bar is dragged to another time or person, or moved with the arrow keys; both pin it. */
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";

import { percent } from "../../parts/wording";
import { QUARTER_MS, lanes, snapped, type Answer, type Assignment, type Pins } from "./planning";

const HOUR_PX = 44;
const LANE_PX = 34;
const HOUR_MS = 3_600_000;

interface Props {
  answer: Answer;
  pins: Pins;
  selected: string;
  select: (task: string) => void;
  pin: (task: string, technician: string, startAt: string) => void;
}

export function Gantt({ answer, pins, selected, select, pin }: Props) {
  const rows = lanes(answer);
  const from = new Date(answer.starts_at).getTime();
  const hours = Math.max(1, (new Date(answer.ends_at).getTime() - from) / HOUR_MS);
  const step = hours > 30 ? 3 : 2;
  const ticks = ticksOf(from, hours, step);
  const scrolls = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Nights are long: the view opens where the work begins.
    const earliest = Math.min(...answer.assignments.map((one) => new Date(one.start_at).getTime()));
    if (Number.isFinite(earliest)) scrolls.current?.scrollTo({ left: Math.max(0, (earliest - from) / HOUR_MS - 1) * HOUR_PX });
  }, [answer]);
  return (
    <div className="gantt" role="region" aria-label="The plan by technician and time" tabIndex={0}>
      <div className="gantt-names">
        <div className="gantt-head">Technician</div>
        {rows.map((row) => (
          <div key={row.id} className="gantt-name" title={row.name}>{row.name} <small>{percent(row.share)}</small></div>
        ))}
      </div>
      <div className="gantt-scroll" ref={scrolls}>
        <div className="gantt-head" style={{ width: hours * HOUR_PX }}>
          {ticks.map((hour) => <span key={hour} className="gantt-tick" style={{ left: hour * HOUR_PX }}>{tick(from + hour * HOUR_MS)}</span>)}
        </div>
        <div className="gantt-area" style={{ width: hours * HOUR_PX, height: rows.length * LANE_PX }}>
          {rows.map((row, index) => <div key={row.id} className="gantt-lane" style={{ top: index * LANE_PX }} />)}
          {answer.assignments.map((one) => (
            <Bar key={one.task_id} one={one} answer={answer} ids={rows.map((row) => row.id)} pinned={pins[one.task_id]} from={from}
              selected={one.task_id === selected} select={() => select(one.task_id)} pin={(technician, start) => pin(one.task_id, technician, start)} />
          ))}
        </div>
      </div>
    </div>
  );
}

interface BarProps {
  one: Assignment;
  answer: Answer;
  ids: string[];
  pinned: { technician_id: string; start_at: string } | undefined;
  from: number;
  selected: boolean;
  select: () => void;
  pin: (technician: string, startAt: string) => void;
}

function Bar({ one, answer, ids, pinned, from, selected, select, pin }: BarProps) {
  const [moved, setMoved] = useState<[number, number] | null>(null);
  const began = useRef<[number, number] | null>(null);
  const technician = pinned?.technician_id ?? one.technician_id;
  const start = new Date(pinned?.start_at ?? one.start_at).getTime();
  const length = new Date(one.end_at).getTime() - new Date(one.start_at).getTime();
  const lane = Math.max(0, ids.indexOf(technician));
  const place = (lanesBy: number, msBy: number) => {
    const id = ids[Math.min(Math.max(lane + lanesBy, 0), ids.length - 1)] ?? technician;
    pin(id, snapped(start + msBy, answer, length));
  };
  const drop = (event: PointerEvent) => {
    if (!began.current) return;
    const [x, y] = [event.clientX - began.current[0], event.clientY - began.current[1]];
    began.current = null;
    setMoved(null);
    if (Math.abs(x) + Math.abs(y) > 6) place(Math.round(y / LANE_PX), (x / HOUR_PX) * HOUR_MS);
  };
  const pressed = (event: KeyboardEvent) => {
    const way: Record<string, [number, number]> = { ArrowLeft: [0, -QUARTER_MS], ArrowRight: [0, QUARTER_MS], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const by = way[event.key];
    if (!by) return;
    event.preventDefault();
    select();
    place(...by);
  };
  const late = one.sla === "breached" ? ", after its SLA" : "";
  return (
    <button
      type="button"
      className="gantt-bar"
      data-priority={one.priority}
      data-late={one.sla === "breached"}
      data-pinned={Boolean(pinned) || one.pinned}
      aria-pressed={selected}
      aria-label={`${one.title || one.task_id}, ${one.priority}${late}, ${one.technician}, ${new Date(start).toLocaleString()}${pinned ? ", pinned" : ""}. Arrow keys move it.`}
      title={`${one.title || one.task_id} (${one.priority}${late})`}
      style={{
        left: ((start - from) / HOUR_MS) * HOUR_PX, top: lane * LANE_PX + 4, width: Math.max(10, (length / HOUR_MS) * HOUR_PX - 2),
        ...(moved ? { transform: `translate(${moved[0]}px, ${moved[1]}px)`, zIndex: 3 } : {}),
      }}
      onClick={select}
      onKeyDown={pressed}
      onPointerDown={(event) => { began.current = [event.clientX, event.clientY]; event.currentTarget.setPointerCapture(event.pointerId); }}
      onPointerMove={(event) => { if (began.current) setMoved([event.clientX - began.current[0], event.clientY - began.current[1]]); }}
      onPointerUp={drop}
      onPointerCancel={() => { began.current = null; setMoved(null); }}
    >
      {one.title || one.task_id}
    </button>
  );
}

/** Hours from the start to each clock time that is a multiple of the step. */
function ticksOf(from: number, hours: number, step: number): number[] {
  const at = new Date(from);
  at.setMinutes(0, 0, 0);
  at.setHours(Math.ceil((at.getHours() + 0.01) / step) * step);
  const found: number[] = [];
  for (let hour = (at.getTime() - from) / HOUR_MS; hour < hours; hour += step) found.push(hour);
  return found;
}

function tick(ms: number): string {
  const at = new Date(ms);
  const day = at.getHours() < 1 ? `${at.toLocaleDateString(undefined, { weekday: "short" })} ` : "";
  return day + at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
