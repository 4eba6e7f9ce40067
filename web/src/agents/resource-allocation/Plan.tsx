import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { problemOf } from "../../api/hooks";
import type { Envelope, Problem } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { useClientNames } from "../../parts/clients";
import { moment, percent, plural, words } from "../../parts/wording";
import { Gantt } from "./Gantt";
import { again, type Answer, type Pins } from "./planning";

const PRIORITIES = ["critical", "high", "medium", "low"];

interface Props {
  envelope: Envelope<Answer>;
  question: Record<string, unknown>;
  replan: (question: Record<string, unknown>) => void;
}

export function Plan({ envelope, question, replan }: Props) {
  const answer = envelope.answer;
  const [pins, setPins] = useState<Pins>({});
  const [selected, setSelected] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const names = useClientNames();
  const count = Object.keys(pins).length;
  const one = answer.assignments.find((each) => each.task_id === selected);
  const send = () => again(answer, pins, question).then(replan).catch((error: unknown) => setProblem(problemOf(error)));
  const titles = new Map([...answer.assignments, ...answer.left_out].map((each) => [each.task_id, each.title]));
  const gap = answer.gap == null ? "nothing could be done" : answer.gap < 0.0005 ? "nothing: none is better" : `${percent(answer.gap, 1)} at most`;
  return (
    <SpaceBetween size="l">
      <Container
        header={<Header variant="h2" description={answer.message} actions={
          <SpaceBetween size="xs" direction="horizontal">
            {count > 0 && <Button onClick={() => setPins({})}>Undo</Button>}
            <Button variant={count ? "primary" : "normal"} disabled={!count} onClick={() => void send()}>
              {count ? `Re-plan around ${plural(count, "pinned task")}` : "Drag a task to pin it"}
            </Button>
          </SpaceBetween>
        }>The plan</Header>}
        footer={<Answered envelope={envelope as unknown as Envelope} forms={[{ format: "ics", label: "Calendar (ics)", file: "plan.ics" }]} />}
      >
        <SpaceBetween size="m">
          {problem && <Failure problem={problem} />}
          <KeyValuePairs columns={4} items={[
            { label: "Planned", value: `${answer.plan.done} of ${answer.plan.done + answer.plan.left_out}` },
            { label: "Done after their SLA", value: late(answer) },
            { label: "A perfect plan would be better by", value: gap },
            { label: "Travel", value: `${answer.plan.travel_minutes} min` },
          ]} />
          {answer.assignments.length ? (
            <Gantt answer={answer} pins={pins} selected={selected} select={setSelected}
              pin={(task, technician_id, start_at) => setPins((before) => ({ ...before, [task]: { technician_id, start_at } }))} />
          ) : <Empty title="Nothing to plan">Import tickets and technicians under Data.</Empty>}
          {one && (
            <Box>
              <strong>{one.title || one.task_id}</strong>{one.client_id && ` at ${names[one.client_id] ?? one.client_id}`}: {one.technician}, {moment(pins[one.task_id]?.start_at ?? one.start_at)} to {moment(one.end_at)}, {one.priority}
              {one.due_at && `, due ${moment(one.due_at)}`}{one.travel_minutes > 0 && `, after ${one.travel_minutes} min of travel`}.
            </Box>
          )}
          <div className="legend">
            {PRIORITIES.map((each) => <span key={each} className="gantt-key" data-priority={each}>{each}</span>)}
            <span className="gantt-key" data-late="true">after its SLA</span> ● pinned
          </div>
          <Box color="text-body-secondary">Drag a bar, or choose it and use the arrow keys. {answer.notes.join(" ")}</Box>
        </SpaceBetween>
      </Container>
      {answer.changes.length > 0 && <Alert type="success" header={plural(answer.changes.length, "change")}>
        {answer.changes.slice(0, 8).map((each) => `${titles.get(each.task_id) ?? each.task_id}: ${words(each.kind).toLowerCase()}`).join("; ")}
      </Alert>}
      <DataTable title="Left out, and why" noun="task" rows={answer.left_out} id={(each) => each.task_id} pageSize={8}
        empty={<Empty title="Everything fits" />}
        columns={[
          { id: "title", header: "Task", value: (each) => each.title || each.task_id },
          { id: "priority", header: "Priority", value: (each) => each.priority, width: 110 },
          { id: "why", header: "Why", value: (each) => each.reason, cell: (each) => <span>{words(each.constraint)}: {each.reason}</span> },
          { id: "sla", header: "SLA", value: (each) => each.sla, width: 110 },
        ]} />
      <DataTable title="All assignments" noun="assignment" rows={answer.assignments} id={(each) => each.task_id} pageSize={10} sortBy="start"
        onSelect={(each) => setSelected(each.task_id)} selected={selected} empty={<Empty title="None" />}
        columns={[
          { id: "start", header: "Start", value: (each) => each.start_at, cell: (each) => moment(each.start_at), minWidth: 185 },
          { id: "who", header: "Technician", value: (each) => each.technician },
          { id: "what", header: "Task", value: (each) => each.title || each.task_id, heads: true },
          { id: "client", header: "Client", value: (each) => names[each.client_id ?? ""] ?? each.client_id },
          { id: "priority", header: "Priority", value: (each) => each.priority, width: 110 },
          { id: "sla", header: "SLA", value: (each) => each.sla, cell: (each) => <Sla sla={each.sla} />, minWidth: 130 },
        ]} />
    </SpaceBetween>
  );
}

function late({ plan, sla_breaches_avoided: fewer }: Answer): string {
  const besides = fewer > 0 ? `${fewer} fewer than` : fewer < 0 ? `${-fewer} more than` : "as many as";
  return `${plan.sla_breaches}, ${besides} by taking the earliest due date first`;
}

function Sla({ sla }: { sla: string }) {
  return <StatusIndicator type={sla === "breached" ? "error" : sla === "met" ? "success" : "info"}>{words(sla)}</StatusIndicator>;
}
