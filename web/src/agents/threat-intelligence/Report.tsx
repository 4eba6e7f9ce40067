import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { description } from "../../api/description";
import { useGet } from "../../api/hooks";
import type { AgentStatus, Row } from "../../api/types";
import { moment } from "../../parts/wording";

const MOST_BYTES = 900_000;
const TLP = [
  { value: "CLEAR", description: "anyone may know" },
  { value: "GREEN", description: "other MSPs of the mesh may know" },
  { value: "AMBER", description: "you and your clients" },
  { value: "AMBER+STRICT", description: "you alone" },
  { value: "RED", description: "only who reads it here" },
].map((one) => ({ ...one, label: `TLP:${one.value}` }));
const DAYS = 14;

interface Props {
  agent: AgentStatus;
  busy: boolean;
  send: (question: Record<string, unknown>) => void;
}

/** Paste a report or drop a file; or take an example, or what the tenant stored lately. */
export function Report({ agent, busy, send }: Props) {
  const [text, setText] = useState("");
  const [tlp, setTlp] = useState("AMBER");
  const [over, setOver] = useState(false);
  const [slip, setSlip] = useState("");
  const [since] = useState(() => new Date(Date.now() - DAYS * 86_400_000).toISOString());
  const stored = useGet<{ items: Row[] }>("/records/security-events", { since, limit: 1000 });
  const events = stored.data?.items ?? [];
  const examples = Object.values(
    description.get()?.paths[agent.route]?.post?.requestBody?.content["application/json"]?.examples ?? {},
  ).filter((one) => typeof one.value["text"] === "string");
  const take = async (file: File | undefined) => {
    setOver(false);
    if (!file) return;
    if (file.size > MOST_BYTES) return setSlip(`${file.name} has more than ${MOST_BYTES.toLocaleString()} bytes.`);
    setSlip("");
    setText(await file.text());
  };
  const judge = () => (text.trim() ? send({ text, tlp }) : setSlip("Paste something first, or choose an example."));
  return (
    <Container
      header={
        <Header variant="h2" actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Select selectedOption={null} placeholder="Take an example" ariaLabel="Take an example"
              options={examples.map((one, index) => ({ value: String(index), label: one.summary }))}
              onChange={({ detail }) => setText(String(examples[Number(detail.selectedOption.value)]?.value["text"] ?? ""))} />
          </SpaceBetween>
        }>
          An alert, a report, a mail or a log
        </Header>
      }
      footer={
        <SpaceBetween size="xs" direction="horizontal">
          <Button variant="primary" onClick={judge} loading={busy}>Analyse</Button>
          {events.length > 0 && (
            <Button disabled={busy} onClick={() => send({ events: events.map((one) => one["event"]), tlp })}>
              Analyse the {events.length} stored events since {moment(since).split(",")[0]}
            </Button>
          )}
        </SpaceBetween>
      }
    >
      <SpaceBetween size="s">
        <div className="dropzone" data-over={over}
          onDragOver={(event) => { event.preventDefault(); setOver(true); }}
          onDragLeave={() => setOver(false)}
          onDrop={(event) => { event.preventDefault(); void take(event.dataTransfer.files[0]); }}>
          <FormField label="What was seen" stretch errorText={slip} constraintText="Paste text, or drop a file here.">
            <Textarea value={text} rows={8} spellcheck={false} onChange={({ detail }) => setText(detail.value)} />
          </FormField>
        </div>
        <FormField label="How far it may travel (TLP)" description="The traffic light protocol. Nothing leaves before you allow it under Mesh.">
          <Select selectedOption={TLP.find((one) => one.value === tlp) ?? null} options={TLP} triggerVariant="option"
            onChange={({ detail }) => setTlp(detail.selectedOption.value ?? "AMBER")} />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}
