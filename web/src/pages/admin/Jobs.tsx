import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf, useEvents, useGet } from "../../api/hooks";
import type { Job, Problem } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment, words } from "../../parts/wording";

const ICON: Record<string, StatusIndicatorProps.Type> = { waiting: "pending", running: "in-progress", done: "success", dead: "error" };

/** Questions that are answered later, and those that nothing helped: dead letters, which can be put back in line. */
export function Jobs() {
  const found = useGet<{ items: Job[] }>("/jobs", { limit: 200 });
  const [problem, setProblem] = useState<Problem | null>(null);
  useEvents(found.again);
  const redrive = async (one: Job) => {
    try {
      await post(`/jobs/${encodeURIComponent(one.job_id)}/redrive`, {});
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    found.again();
  };
  const shown = problem ?? found.problem;
  return (
    <SpaceBetween size="s">
      {shown && <Failure problem={shown} again={found.again} />}
      <DataTable title="Jobs and dead letters" noun="job" rows={found.data?.items ?? []} id={(one) => one.job_id} loading={found.loading && !found.data}
        actions={<Button iconName="refresh" ariaLabel="Read the jobs again" onClick={found.again} />}
        empty={<Empty title="No jobs">Questions asked with Prefer: respond-async and runs of playbooks stand here.</Empty>}
        columns={[
          { id: "at", header: "Made", value: (one) => one.created_at, cell: (one) => moment(one.created_at) },
          { id: "agent", header: "For", value: (one) => words(one.agent) },
          { id: "state", header: "State", value: (one) => (one.state === "dead" ? "dead letter" : one.state ?? ""), cell: (one) => <StatusIndicator type={ICON[one.state ?? "waiting"] ?? "pending"}>{one.state === "dead" ? "dead letter" : one.state}</StatusIndicator> },
          { id: "attempts", header: "Attempts", value: (one) => one.attempts, width: 110 },
          { id: "why", header: "Problem", value: (one) => String(one.problem?.["detail"] ?? ""), cell: (one) => <span className="anywhere">{String(one.problem?.["detail"] ?? "")}</span> },
          { id: "act", header: "", value: () => "", minWidth: 150, cell: (one) =>
            one.state === "dead" ? <Button onClick={() => void redrive(one)} ariaLabel={`Put job ${one.job_id} back in line`}>Put back in line</Button>
              : one.result_id ? <Link href={hrefOf(`results/${encodeURIComponent(one.result_id)}`)} onFollow={follow}>Its answer</Link> : null },
        ]} />
    </SpaceBetween>
  );
}
