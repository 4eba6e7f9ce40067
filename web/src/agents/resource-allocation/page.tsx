import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { Failure, UnderWay } from "../../parts/Told";
import { Plan } from "./Plan";
import type { Answer } from "./planning";

const MODES = [
  { value: "balanced", label: "Balanced" },
  { value: "sla", label: "Keep SLAs" },
  { value: "speed", label: "Soonest" },
  { value: "quality", label: "Best skills" },
];
const WINDOWS = ["24", "48", "72", "120"].map((value) => ({ value, label: `${value} hours` }));

export default function SchedulePage({ agent }: { agent: AgentStatus }) {
  const asking = useAsking(agent.agent);
  const [tasks, setTasks] = useState("40");
  const [hours, setHours] = useState("72");
  const [mode, setMode] = useState("balanced");
  const count = Number(tasks);
  const wrong = Number.isInteger(count) && count >= 1 && count <= 500 ? "" : "A whole number from 1 to 500";
  const send = (question: Record<string, unknown>) => void ask(agent.agent, agent.route, question);
  useKept(agent.agent);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description="Your open tickets, the most pressing first, over all stored technicians.">What to plan</Header>}
        footer={<Button variant="primary" disabled={wrong !== ""} loading={asking.state === "asking"}
          onClick={() => send({ tasks: count, time_window_hours: Number(hours), priority_mode: mode })}>Plan</Button>}>
        <Grid gridDefinition={Array.from({ length: 3 }, () => ({ colspan: { default: 12, s: 4 } }))}>
          <FormField label="Most tickets" errorText={wrong}>
            <Input value={tasks} inputMode="numeric" onChange={({ detail }) => setTasks(detail.value)} />
          </FormField>
          <FormField label="From now on for">
            <Select options={WINDOWS} selectedOption={WINDOWS.find((one) => one.value === hours) ?? null} onChange={({ detail }) => setHours(detail.selectedOption.value ?? "72")} />
          </FormField>
          <FormField label="What counts most">
            <Select options={MODES} selectedOption={MODES.find((one) => one.value === mode) ?? null} onChange={({ detail }) => setMode(detail.selectedOption.value ?? "balanced")} />
          </FormField>
        </Grid>
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Looking for the best plan; it takes 10 seconds at most" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Plan key={asking.envelope.result_id} envelope={asking.envelope as unknown as Envelope<Answer>} question={asking.question ?? {}} replan={send} />
      )}
    </SpaceBetween>
  );
}
