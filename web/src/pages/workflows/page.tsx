import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { useHas } from "../../api/description";
import { useEvents, useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { useParam } from "../../app/router";
import { Failure, Loading, NotHere } from "../../parts/Told";
import { Playbook } from "./Playbook";
import { RunShown } from "./RunShown";
import { Runs } from "./Runs";

export default function WorkflowsPage() {
  const there = useHas("/workflows");
  const [run, setRun] = useParam("run");
  const [round, setRound] = useState(0);
  const found = useGet<ReplyOf<"/workflows">>(there ? "/workflows" : null);
  const automatic = useGet<ReplyOf<"/workflows/automatic">>(there ? "/workflows/automatic" : null);
  const next = () => setRound((before) => before + 1);
  useEvents(next, ["workflows", "jobs"]);
  if (!there) return <NotHere what="Playbooks" route="POST /workflows/{name}" />;
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!found.data) return <Loading />;
  return (
    <SpaceBetween size="l">
      {run && <RunShown key={run} id={run} playbooks={found.data.playbooks} round={round} close={() => setRun("")} />}
      {found.data.playbooks.map((one) => (
        <Playbook key={one.name} playbook={one} chosen={automatic.data?.playbooks ?? []} started={(id) => { setRun(id); next(); }} changed={automatic.again} />
      ))}
      <Runs round={round} open={setRun} selected={run} titles={Object.fromEntries(found.data.playbooks.map((one) => [one.name, one.title]))} />
    </SpaceBetween>
  );
}
