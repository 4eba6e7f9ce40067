import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf, useEvents } from "../../api/hooks";
import { usePages } from "../../api/pages";
import type { Job, Problem } from "../../api/types";
import { follow, hrefOf, useParam } from "../../app/router";
import { Anything } from "../../parts/Anything";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment, words } from "../../parts/wording";

const ICON: Record<string, StatusIndicatorProps.Type> = { waiting: "pending", running: "in-progress", done: "success", dead: "error" };
const stateOf = (one: Job): string => (one.state === "dead" ? "dead letter" : (one.state ?? ""));
const ASKED = { limit: 200 };

/** Questions that are answered later, and those that nothing helped: dead letters, which can be put back in line. */
export function Jobs() {
  const found = usePages<Job>("/jobs", (one) => one.job_id, ASKED);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [chosen, setChosen] = useParam("job");
  useEvents(found.again);
  const redrive = async (ones: Job[]) => {
    setProblem(null);
    for (const one of ones) {
      try {
        await post(`/jobs/${encodeURIComponent(one.job_id)}/redrive`, {});
      } catch (error) {
        setProblem(problemOf(error));
      }
    }
    found.again();
  };
  const rows = found.data?.items ?? [];
  const dead = rows.filter((one) => one.state === "dead");
  const shown = problem ?? found.problem;
  const one = rows.find((job) => job.job_id === chosen);
  return (
    <SpaceBetween size="s">
      {shown && <Failure problem={shown} again={found.again} />}
      {one && <Opened one={one} redrive={() => void redrive([one])} close={() => setChosen("")} />}
      <DataTable title="Jobs and dead letters" noun="job" rows={rows} id={(job) => job.job_id} loading={found.loading}
        selected={chosen} onSelect={(job) => setChosen(job.job_id)}
        description={found.whole ? "All jobs, newest first. Choose one to see its question and what went wrong." : "Newest first; older ones are still being read."}
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            {dead.length > 1 && <Button onClick={() => void redrive(dead)}>Put {dead.length} dead letters back in line</Button>}
            {found.more && <Button onClick={found.more}>Load older ones</Button>}
            <Button iconName="refresh" ariaLabel="Read the jobs again" onClick={found.again} />
          </SpaceBetween>
        }
        empty={<Empty title="No jobs">Questions asked with Prefer: respond-async, runs of playbooks and refreshed feeds stand here.</Empty>}
        columns={[
          { id: "at", header: "Made", value: (job) => job.created_at, cell: (job) => moment(job.created_at) },
          { id: "agent", header: "For", value: (job) => words(job.agent), heads: true },
          { id: "state", header: "State", value: stateOf, cell: (job) => <StatusIndicator type={ICON[job.state ?? "waiting"] ?? "pending"}>{stateOf(job)}</StatusIndicator> },
          { id: "attempts", header: "Attempts", value: (job) => job.attempts, width: 110 },
          { id: "why", header: "Problem", value: (job) => String(job.problem?.["detail"] ?? ""), cell: (job) => <span className="anywhere">{String(job.problem?.["detail"] ?? "none")}</span> },
          { id: "act", header: "", value: () => "", minWidth: 150, cell: (job) =>
            job.state === "dead" ? <Button onClick={() => void redrive([job])} ariaLabel={`Put back in line: job ${job.job_id}`}>Put back in line</Button>
              : job.result_id ? <Link href={hrefOf(`results/${encodeURIComponent(job.result_id)}`)} onFollow={follow}>Its answer</Link> : null },
        ]} />
    </SpaceBetween>
  );
}

function Opened({ one, redrive, close }: { one: Job; redrive: () => void; close: () => void }) {
  return (
    <Container header={<Header variant="h2" description={<span className="anywhere">{one.job_id}</span>} actions={
      <SpaceBetween size="xs" direction="horizontal">
        {one.state === "dead" && <Button onClick={redrive}>Put back in line</Button>}
        <Button onClick={close}>Close</Button>
      </SpaceBetween>
    }>Job for {words(one.agent)}: {stateOf(one)}</Header>}>
      <SpaceBetween size="m">
        {one.problem && <Failure problem={one.problem as unknown as Problem} />}
        <Anything value={{ question: one.question, made: moment(one.created_at), attempts: one.attempts, due: moment(one.not_before) }} level={1} />
      </SpaceBetween>
    </Container>
  );
}
