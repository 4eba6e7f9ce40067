import { get } from "../../api/client";
import type { AnswerOf, QuestionOf, Row } from "../../api/types";

export type Answer = AnswerOf<"/resource/optimize">;
export type Assignment = Answer["assignments"][number];
export type Question = QuestionOf<"/resource/optimize">;
export interface Pin {
  technician_id: string;
  start_at: string;
}
export type Pins = Record<string, Pin>;

export const QUARTER_MS = 15 * 60_000;

/** The nearest quarter of an hour within the plan's window. */
export function snapped(ms: number, answer: Answer, lengthMs: number): string {
  const from = new Date(answer.starts_at).getTime();
  const to = new Date(answer.ends_at).getTime() - lengthMs;
  const near = Math.ceil(Math.min(Math.max(ms, from), Math.max(from, to)) / QUARTER_MS) * QUARTER_MS;
  return new Date(near).toISOString();
}

/** The plan asked for again: the same tasks, what was dragged pinned, and as little else changed as it takes. */
export async function again(answer: Answer, pins: Pins, question: Record<string, unknown>): Promise<Record<string, unknown>> {
  const wanted = [...answer.assignments.map((one) => one.task_id), ...answer.left_out.map((one) => one.task_id)];
  const listed = Array.isArray(question["tasks"]) ? (question["tasks"] as Row[]) : null;
  const rows = listed ?? (await Promise.all(wanted.map((id) => get<Row>(`/records/tickets/${encodeURIComponent(id)}`))));
  const planned = new Map(answer.assignments.map((one) => [one.task_id, one]));
  return {
    tasks: rows.map((row) => taskOf(row, planned.get(row.id), pins[row.id], listed !== null)),
    starts_at: answer.starts_at,
    time_window_hours: (new Date(answer.ends_at).getTime() - new Date(answer.starts_at).getTime()) / 3_600_000,
    priority_mode: answer.priority_mode,
    previous_plan: answer.assignments.map(({ task_id, technician_id, start_at }) => ({ task_id, technician_id, start_at })),
    ...(Array.isArray(question["technicians"]) ? { technicians: question["technicians"] } : {}),
    time_limit_s: 5,
  };
}

function taskOf(row: Row, planned: Assignment | undefined, pin: Pin | undefined, whole: boolean): Record<string, unknown> {
  if (whole) return { ...row, ...pin };
  const minutes = planned ? (new Date(planned.end_at).getTime() - new Date(planned.start_at).getTime()) / 60_000 : 0;
  const task: Record<string, unknown> = {
    id: row.id,
    title: row["title"],
    client_id: row["client_id"],
    skills: row["skill"] ?? "",
    hours: Number(row["hours"]) || minutes / 60 || 1,
    priority: planned?.priority ?? row["priority"] ?? "medium",
    due_at: row["due_at"],
    on_site: Boolean(row["on_site"]),
    ...pin,
  };
  return Object.fromEntries(Object.entries(task).filter(([, value]) => value !== undefined && value !== null));
}

/** Rows of the chart: technicians with work first, then who is free. */
export function lanes(answer: Answer): { id: string; name: string; share: number | null }[] {
  const rows = answer.utilisation.map((one) => ({ id: one.technician_id, name: one.technician || one.technician_id, share: one.utilisation, tasks: one.tasks, free: one.available_minutes }));
  return rows.filter((one) => one.tasks > 0 || one.free > 0).sort((a, b) => b.tasks - a.tasks || a.name.localeCompare(b.name));
}
