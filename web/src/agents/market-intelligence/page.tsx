import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, AnswerOf, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { Failure, UnderWay } from "../../parts/Told";
import { Mood } from "./Mood";
import { Price } from "./Price";
import { Sources } from "./Sources";

export type Answer = AnswerOf<"/market-intelligence/analyze">;

export default function MarketPage({ agent }: { agent: AgentStatus }) {
  const asking = useAsking(agent.agent);
  const [query, setQuery] = useState("How is the market for managed services, and are prices rising?");
  const [segment, setSegment] = useState("");
  const [texts, setTexts] = useState("");
  useKept(agent.agent);
  const send = () => {
    const given = texts.split(/\n\s*\n/).map((one) => one.trim()).filter(Boolean);
    void ask(agent.agent, agent.route, {
      query, ...(segment.trim() ? { industry_segment: segment.trim() } : {}), ...(given.length ? { texts: given } : {}),
    });
  };
  const envelope = asking.envelope as unknown as Envelope<Answer> | null;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What you want to know</Header>}
        footer={<Button variant="primary" disabled={!query.trim()} onClick={send} loading={asking.state === "asking"}>{texts.trim() ? "Read these texts" : "Read the stored articles"}</Button>}>
        <SpaceBetween size="m">
          <FormField label="Question" stretch><Input value={query} onChange={({ detail }) => setQuery(detail.value)} /></FormField>
          <ExpandableSection headerText="Texts and segment">
            <SpaceBetween size="m">
              <FormField label="Texts to read instead of the stored articles" description="An empty line stands between two." stretch>
                <Textarea value={texts} rows={6} onChange={({ detail }) => setTexts(detail.value)} />
              </FormField>
              <FormField label="Compare prices within this segment of MSPs"><Input value={segment} placeholder="healthcare" onChange={({ detail }) => setSegment(detail.value)} /></FormField>
            </SpaceBetween>
          </ExpandableSection>
        </SpaceBetween>
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Reading" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {envelope && asking.state !== "asking" && (
        <>
          <Mood envelope={envelope} />
          <Price price={envelope.answer.price} />
          <Sources answer={envelope.answer} />
        </>
      )}
    </SpaceBetween>
  );
}
