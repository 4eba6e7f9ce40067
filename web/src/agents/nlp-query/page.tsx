import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import PromptInput from "@cloudscape-design/components/prompt-input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { useGet, useEvents } from "../../api/hooks";
import type { AgentStatus, Envelope } from "../../api/types";
import { useParam } from "../../app/router";
import { Failure, UnderWay } from "../../parts/Told";
import { Turn } from "./Turn";
import { askIn, startOver, useConversation, type Answer } from "./conversation";

const IDEAS = [
  "Which clients had the most SLA breaches last month?",
  "How many tickets were opened per month this year?",
  "What was the revenue last quarter compared with the quarter before?",
  "What do our policies say about backups?",
];

export default function AskPage({ agent }: { agent: AgentStatus }) {
  const talk = useConversation();
  const [text, setText] = useState("");
  const [result, setResult] = useParam("result");
  const linked = useGet<Envelope<Answer>>(result && !talk.turns.some((one) => one.envelope?.result_id === result) ? `/results/${encodeURIComponent(result)}` : null);
  const busy = talk.turns.at(-1)?.state === "asking";
  const send = (query: string) => {
    if (!query.trim() || busy) return;
    setText("");
    void askIn(agent.route, query.trim());
  };
  const last = talk.turns.at(-1)?.envelope?.result_id ?? "";
  useEffect(() => {
    if (last) setResult(last);
  }, [last]);
  useEvents(() => undefined, ["nlp-query"]);
  return (
    <Container
      header={<Header variant="h2" description="Every number comes from a plan over your own rows, which is shown with it."
        actions={talk.turns.length > 0 && <Button onClick={() => { startOver(); setResult(""); }}>New conversation</Button>}>Conversation</Header>}
      footer={
        <PromptInput value={text} onChange={({ detail }) => setText(detail.value)} onAction={({ detail }) => send(detail.value)}
          placeholder="Ask about your tickets, clients, revenue, policies …" ariaLabel="Your question" actionButtonAriaLabel="Ask"
          actionButtonIconName="send" disableActionButton={busy} maxRows={4} />
      }
    >
      <SpaceBetween size="l">
        {linked.problem && <Failure problem={linked.problem} />}
        {linked.data && !talk.turns.length && <Turn query={linked.data.answer.query} envelope={linked.data} retry={send} />}
        {talk.turns.map((one) => (
          <div key={one.id} aria-live="polite">
            <Turn query={one.query} envelope={one.envelope} retry={send} />
            {one.state === "asking" && <UnderWay since={one.startedAt} what="Looking it up" />}
            {one.problem && <Failure problem={one.problem} />}
          </div>
        ))}
        {!talk.turns.length && !result && (
          <SpaceBetween size="xs">
            <Box>Try one of these. A follow-up such as “and by client?” takes up where the last answer ended.</Box>
            {IDEAS.map((idea) => <Button key={idea} variant="inline-link" onClick={() => send(idea)}>{idea}</Button>)}
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Container>
  );
}
