import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { useParam } from "../../app/router";
import { Failure, UnderWay } from "../../parts/Told";
import { Verdict } from "./Verdict";
import type { Answer } from "./judged";

const FRAMEWORKS = ["SOC2", "ISO27001", "HIPAA", "NIST-CSF", "NIST-800-53", "PCI-DSS", "CIS"].map((value) => ({ value, label: value }));

export default function CompliancePage({ agent }: { agent: AgentStatus }) {
  const [framework, setFramework] = useParam("framework", "HIPAA");
  const [text, setText] = useState("");
  const asking = useAsking(agent.agent);
  useKept(agent.agent);
  const judge = () => void ask(agent.agent, agent.route, { framework, ...(text.trim() ? { policy_text: text } : {}) });
  const given = typeof asking.question?.["policy_text"] === "string" ? asking.question["policy_text"] : null;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What is to be judged</Header>}
        footer={<Button variant="primary" onClick={judge} loading={asking.state === "asking"}>
          {text.trim() ? "Judge this text" : "Judge what is stored"}
        </Button>}>
        <SpaceBetween size="m">
          <FormField label="Framework">
            <Select options={FRAMEWORKS} selectedOption={FRAMEWORKS.find((one) => one.value === framework) ?? null}
              onChange={({ detail }) => setFramework(detail.selectedOption.value ?? "HIPAA")} />
          </FormField>
          <ExpandableSection headerText="Judge a text of your own instead of the stored policies">
            <FormField label="Policy" stretch constraintText="200,000 characters at most">
              <Textarea value={text} rows={8} onChange={({ detail }) => setText(detail.value)} />
            </FormField>
          </ExpandableSection>
        </SpaceBetween>
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Reading every sentence against every requirement" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Verdict key={asking.envelope.result_id} envelope={asking.envelope as unknown as Envelope<Answer>} given={given} />
      )}
    </SpaceBetween>
  );
}
