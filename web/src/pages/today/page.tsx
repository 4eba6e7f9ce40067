import Button from "@cloudscape-design/components/button";
import Grid from "@cloudscape-design/components/grid";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef } from "react";

import { useEvents, useWork } from "../../api/hooks";
import { useStore } from "../../api/store";
import { Failure } from "../../parts/Told";
import { AgentHealth } from "./AgentHealth";
import { Feed } from "./Feed";
import { Matters } from "./Matters";
import { Round } from "./Round";
import { known } from "./known";
import { goRound, round } from "./rounds";

export default function TodayPage() {
  const found = useWork(known, []);
  const { running } = useStore(round);
  useEvents(() => {
    if (!round.get().running) found.again();
  });
  const before = useRef(running);
  useEffect(() => {
    // When a round has ended; at first the list is read anyway.
    if (before.current && !running) found.again();
    before.current = running;
  }, [running]);
  return (
    <SpaceBetween size="l">
      {found.problem && <Failure problem={found.problem} again={found.again} />}
      {found.data?.problems.map((problem, index) => <Failure key={index} problem={problem} again={found.again} />)}
      <Matters matters={found.data?.matters ?? []} loading={found.loading && !found.data}
        action={<Button variant="primary" iconName="refresh" loading={running} onClick={() => void goRound()}>Ask the agents now</Button>} />
      <Round />
      <Grid gridDefinition={[{ colspan: { default: 12, m: 7 } }, { colspan: { default: 12, m: 5 } }]}>
        <AgentHealth />
        <Feed />
      </Grid>
    </SpaceBetween>
  );
}
