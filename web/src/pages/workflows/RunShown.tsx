import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect } from "react";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { Anything } from "../../parts/Anything";
import { Simulated } from "../../parts/Marks";
import { Failure, Loading } from "../../parts/Told";
import { called } from "../../parts/partners";
import { moment } from "../../parts/wording";
import type { PlaybookShown } from "./Playbook";
import { begun } from "./Runs";
import { Stages, type StepState } from "./Stages";

type Run = ReplyOf<"/workflows/runs/{run_id}">;
type Step = Run["steps"][number];
const LOOK_AGAIN_MS = 1500;

interface Props {
  id: string;
  playbooks: PlaybookShown[];
  /** Grows with each event of a run, and on each the run is read again. */
  round: number;
  close: () => void;
}

export function RunShown({ id, playbooks, round, close }: Props) {
  const found = useGet<Run>(`/workflows/runs/${encodeURIComponent(id)}`);
  const run = found.data;
  const going = run?.state === "waiting" || run?.state === "running";
  useEffect(() => {
    if (round) found.again();
  }, [round]);
  useEffect(() => {
    if (!going) return;
    const timer = window.setInterval(found.again, LOOK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [going]);
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!run) return <Loading />;
  const playbook = playbooks.find((one) => one.name === run.playbook);
  return (
    <Container header={
      <Header variant="h2" info={run.simulated ? <Simulated /> : undefined} actions={<Button onClick={close}>Close</Button>}
        description={`Started ${moment(run.started_at)} by ${begun(run.begun_by)}; ${run.state}${going ? ". You can leave this page: it goes on." : ""}`}>
        {playbook?.title ?? run.playbook}
      </Header>
    }>
      <SpaceBetween size="l">
        {run.problem && <Failure problem={run.problem as never} />}
        {playbook && <div aria-live="polite"><Stages stages={playbook.stages} states={run.steps as StepState[]} /></div>}
        {run.report && <Briefing report={run.report} />}
        <ExpandableSection headerText="What each step was asked, and what it passed on">
          {run.steps.map((step) => <Passed key={step.name} step={step} />)}
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function Briefing({ report }: { report: NonNullable<Run["report"]> }) {
  return (
    <section aria-label="Briefing">
      <Box variant="h3">{report.headline}</Box>
      {report.sections.map((section) => (
        <div key={section.title}>
          <Box variant="h4">{section.title}</Box>
          <ul>
            {section.sentences.map((one, index) => (
              <li key={index} className={/^\d+\. /.test(one.text) ? "anywhere bare" : "anywhere"}>
                {called(one.text)} <Sources ids={one.sources.flatMap((source) => source.result_ids)} />
              </li>
            ))}
          </ul>
          {(section.not_known ?? []).length > 0 && <Box color="text-body-secondary">Not known: {(section.not_known ?? []).join("; ")}</Box>}
        </div>
      ))}
    </section>
  );
}

function Sources({ ids }: { ids: readonly string[] }) {
  return ids.map((id, index) => (
    <span key={id}>
      <Link fontSize="body-s" href={hrefOf(`results/${encodeURIComponent(id)}`)} onFollow={follow}>{ids.length === 1 ? "source" : `source ${index + 1}`}</Link>{" "}
    </span>
  ));
}

function Passed({ step }: { step: Step }) {
  const { result_ids, ...rest } = step as Step & { result_ids: string[] };
  return (
    <div>
      <Box variant="h4">{rest.title ?? rest.name}</Box>
      <Anything value={rest} level={1} />
      {result_ids.map((id) => <Link key={id} href={hrefOf(`results/${encodeURIComponent(id)}`)} onFollow={follow}>Its answer </Link>)}
    </div>
  );
}
