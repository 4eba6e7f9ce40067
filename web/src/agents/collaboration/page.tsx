import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { ask, useAsking } from "../../api/asking";
import { useEvents, useGet } from "../../api/hooks";
import type { AgentStatus, AnswerOf, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { Failure, UnderWay } from "../../parts/Told";
import { Introductions, type Listed, PATH } from "./Introductions";
import { Partners } from "./Partners";

export type Answer = AnswerOf<"/collaboration/match">;

export default function PartnersPage({ agent }: { agent: AgentStatus }) {
  const asking = useAsking(agent.agent);
  const [needs, setNeeds] = useState("");
  const [region, setRegion] = useState("");
  const [certifications, setCertifications] = useState("");
  const [hours, setHours] = useState("");
  const [slip, setSlip] = useState("");
  const introductions = useGet<Listed>(PATH);
  useEvents(introductions.again, ["mesh", "collaboration"]);
  useKept(agent.agent);
  const send = () => {
    if (needs.trim().length < 3) return setSlip("Say in a few words what is needed.");
    if (hours && !(Number(hours) >= 0)) return setSlip("Hours must be a number.");
    setSlip("");
    void ask(agent.agent, agent.route, {
      requirements: needs.trim(),
      ...(region.trim() ? { region: region.trim() } : {}),
      ...(certifications.trim() ? { certifications: certifications.split(",").map((one) => one.trim()).filter(Boolean) } : {}),
      ...(hours ? { capacity_hours: Number(hours) } : {}),
    });
  };
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What you need</Header>} footer={<Button variant="primary" onClick={send} loading={asking.state === "asking"}>Find partners</Button>}>
        <SpaceBetween size="m">
          <FormField label="The work, in plain words" stretch errorText={slip} constraintText="Each sentence or clause is weighed by itself.">
            <Textarea value={needs} rows={3} placeholder="Help desk at night, penetration tests for a hospital"
              onChange={({ detail }) => setNeeds(detail.value)} />
          </FormField>
          <Grid gridDefinition={Array.from({ length: 3 }, () => ({ colspan: { default: 12, s: 4 } }))}>
            <FormField label="Only in this region"><Input value={region} placeholder="us-east" onChange={({ detail }) => setRegion(detail.value)} /></FormField>
            <FormField label="Only with certifications"><Input value={certifications} placeholder="SOC 2 Type II, ISO 27001" onChange={({ detail }) => setCertifications(detail.value)} /></FormField>
            <FormField label="Only with free hours a month"><Input value={hours} inputMode="numeric" placeholder="40" onChange={({ detail }) => setHours(detail.value)} /></FormField>
          </Grid>
        </SpaceBetween>
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Comparing cards" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Partners envelope={asking.envelope as unknown as Envelope<Answer>} known={introductions.data?.introductions ?? []} introduced={introductions.again} />
      )}
      <Introductions found={introductions} />
    </SpaceBetween>
  );
}
