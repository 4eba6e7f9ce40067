/** An agent's page made from its schema alone: for one that has no page of its own. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";

import { ask, useAsking } from "../../api/asking";
import { description } from "../../api/description";
import { useStore } from "../../api/store";
import type { AgentStatus, Problem } from "../../api/types";
import { useKept } from "../../app/kept";
import { Answered } from "../../parts/Answered";
import { Anything } from "../../parts/Anything";
import { Failure, NotHere, UnderWay } from "../../parts/Told";
import { FormFields } from "./FormFields";
import { fieldsOf, questionFrom, typedFrom } from "./fields";

export default function GenericPage({ agent }: { agent: AgentStatus }) {
  const document = useStore(description);
  const asking = useAsking(agent.agent);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [slip, setSlip] = useState<Problem | null>(null);
  useKept(agent.agent);
  const taken = document?.paths[agent.route]?.post?.requestBody?.content["application/json"];
  const fields = useMemo(() => (document && taken ? fieldsOf(taken.schema, document) : []), [document, taken]);
  if (!taken) return <NotHere what={agent.title} route={agent.route} />;
  const examples = Object.values(taken.examples ?? {});
  const send = () => {
    try {
      const question = questionFrom(fields, typed);
      setSlip(null);
      void ask(agent.agent, agent.route, question);
    } catch (error) {
      setSlip({ type: "about:blank", title: "The form cannot be sent", status: 0, detail: (error as Error).message });
    }
  };
  const problem = slip ?? asking.problem;
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header variant="h2" actions={
            <Select placeholder="Fill in an example" selectedOption={null} ariaLabel="Fill in an example"
              options={examples.map((example, index) => ({ value: String(index), label: example.summary }))}
              onChange={({ detail }) => setTyped(typedFrom(examples[Number(detail.selectedOption.value)]?.value ?? {}))} />
          }>
            Question
          </Header>
        }
        footer={<Button variant="primary" onClick={send} loading={asking.state === "asking"}>Ask</Button>}
      >
        <FormFields fields={fields} typed={typed} onType={(name, text) => setTyped({ ...typed, [name]: text })} />
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="The agent is at work" />}
      {problem && asking.state !== "asking" && <Failure problem={problem} />}
      {asking.envelope && asking.state !== "asking" && (
        <Container header={<Header variant="h2">Answer</Header>} footer={<Answered envelope={asking.envelope} />}>
          <Anything value={asking.envelope.answer} />
        </Container>
      )}
    </SpaceBetween>
  );
}
