import SpaceBetween from "@cloudscape-design/components/space-between";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { Failure, UnderWay } from "../../parts/Told";
import { Active } from "./Active";
import { Finding } from "./Finding";
import { Report } from "./Report";
import type { Answer } from "./answer";

export default function ThreatPage({ agent }: { agent: AgentStatus }) {
  const asking = useAsking(agent.agent);
  useKept(agent.agent);
  const text = typeof asking.question?.["text"] === "string" ? asking.question["text"] : null;
  return (
    <SpaceBetween size="l">
      <Report agent={agent} busy={asking.state === "asking"} send={(question) => void ask(agent.agent, agent.route, question)} />
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Reading it" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Finding envelope={asking.envelope as unknown as Envelope<Answer>} text={text} />
      )}
      <Active latest={asking.envelope?.result_id ?? ""} />
    </SpaceBetween>
  );
}
