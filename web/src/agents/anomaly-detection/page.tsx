import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { Failure, UnderWay } from "../../parts/Told";
import { Choose } from "./Choose";
import { Series } from "./Series";
import type { Answer } from "./chart";

export default function AnomalyPage({ agent }: { agent: AgentStatus }) {
  const asking = useAsking(agent.agent);
  // A stored answer of one client has no readings in it; those that were judged are kept beside it.
  const [names, setNames] = useState<Record<string, string>>({});
  useKept(agent.agent);
  const send = (question: Record<string, unknown>, clients: Record<string, string>) => {
    setNames(clients);
    void ask(agent.agent, agent.route, { ...question, include_scores: true });
  };
  return (
    <SpaceBetween size="l">
      <Choose busy={asking.state === "asking"} send={send} />
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Reading the series" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Series envelope={asking.envelope as unknown as Envelope<Answer>} question={asking.question} clients={names} />
      )}
    </SpaceBetween>
  );
}
