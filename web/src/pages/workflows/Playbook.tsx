import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Container from "@cloudscape-design/components/container";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState } from "react";

import { post } from "../../api/client";
import { description } from "../../api/description";
import { problemOf } from "../../api/hooks";
import { useStore } from "../../api/store";
import type { Problem, ReplyOf } from "../../api/types";
import { Failure } from "../../parts/Told";
import { plural, words } from "../../parts/wording";
import { FormFields } from "../agent/FormFields";
import { fieldsOf, questionFrom } from "../agent/fields";
import { Stages } from "./Stages";

export type PlaybookShown = ReplyOf<"/workflows">["playbooks"][number];

const STARTS: Record<string, string> = { "threat.detected": "Whenever an answer finds a threat." };
/** A playbook of more steps than this shows them on demand. */
const SHORT = 8;

interface Props {
  playbook: PlaybookShown;
  /** Names of those that start by themselves. */
  chosen: string[];
  started: (run: string) => void;
  changed: () => void;
}

export function Playbook({ playbook, chosen, started, changed }: Props) {
  const document = useStore(description);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState<boolean | null>(null);
  const route = `/workflows/${playbook.name}`;
  const taken = document?.paths[route]?.post?.requestBody?.content["application/json"];
  const fields = useMemo(() => (document && taken ? fieldsOf(taken.schema, document) : []), [document, taken]);
  const start = async () => {
    setBusy(true);
    try {
      const run = await post<{ run_id: string }>(route, questionFrom(fields, typed));
      setProblem(null);
      started(run.run_id);
    } catch (error) {
      const found = problemOf(error);
      setProblem(found);
      // What is lacking is given there.
      if (found.status === 422) setOpen(true);
    }
    setBusy(false);
  };
  const itself = chosen.includes(playbook.name);
  const choose = async (on: boolean) => {
    const names = on ? [...chosen, playbook.name] : chosen.filter((name) => name !== playbook.name);
    try {
      await post("/workflows/automatic", { playbooks: names });
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    changed();
  };
  return (
    <Container header={<Header variant="h2" description={playbook.summary} actions={<Button variant="primary" loading={busy} onClick={() => void start()} ariaLabel={`Run ${playbook.title}`}>Run</Button>}>{playbook.title}</Header>}>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        <ExpandableSection headerText="Options" expanded={open ?? fields.some((field) => field.required)} onChange={({ detail }) => setOpen(detail.expanded)}>
          {fields.length ? <FormFields fields={fields} typed={typed} onType={(name, text) => setTyped({ ...typed, [name]: text })} /> : <Box>It needs nothing.</Box>}
        </ExpandableSection>
        <ExpandableSection headerText={`Its ${plural(playbook.stages.flat().length, "step")}`} defaultExpanded={playbook.stages.flat().length <= SHORT}><Stages stages={playbook.stages} /></ExpandableSection>
        {playbook.starts_by && (
          <Toggle checked={itself} onChange={({ detail }) => void choose(detail.checked)} description={STARTS[playbook.starts_by] ?? `Whenever ${words(playbook.starts_by).toLowerCase()} is told of.`}>
            Starts by itself
          </Toggle>
        )}
      </SpaceBetween>
    </Container>
  );
}
