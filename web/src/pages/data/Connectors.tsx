import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useState } from "react";

import { post, remove } from "../../api/client";
import { problemOf, useGet } from "../../api/hooks";
import type { Problem, ReplyOf } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment, plural, words } from "../../parts/wording";

type Found = ReplyOf<"/connectors">;
export type Connector = Found["items"][number];
type Imported = Found["plain"][number];

/** Which tools' exports can be read, how, and what became of the last import of each. */
export function Connectors({ round, changed }: { round: number; changed: () => void }) {
  const found = useGet<Found>("/connectors");
  const [chosen, setChosen] = useState("");
  const [editing, setEditing] = useState<string | null>(null);
  useEffect(() => {
    if (round) found.again();
  }, [round]);
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  const items = found.data?.items ?? [];
  const one = items.find((each) => each.mapping.name === chosen);
  const told = () => {
    found.again();
    changed();
  };
  return (
    <SpaceBetween size="m">
      <DataTable title="Connectors" noun="connector" rows={items} id={(each) => each.mapping.name} loading={found.loading && !found.data} pageSize={10}
        description="How the columns of other tools' exports are read. Choose one to see it, and to start one of your own from it."
        selected={chosen} onSelect={(each) => { setChosen(each.mapping.name); setEditing(null); }}
        empty={<Empty title="No connector" />} columns={[
          { id: "name", header: "From", value: (each) => each.mapping.title || each.mapping.name, heads: true },
          { id: "source", header: "Name", value: (each) => each.mapping.name, cell: (each) => <code>{each.mapping.name}</code> },
          { id: "kind", header: "Gives", value: (each) => words(each.mapping.kind) },
          { id: "own", header: "Whose", value: (each) => (each.own ? "yours" : "comes with the mesh") },
          { id: "last", header: "Last import", value: (each) => each.last?.at ?? "", cell: (each) => (each.last ? moment(each.last.at) : "none yet") },
          { id: "outcome", header: "What became of it", value: (each) => (each.last ? outcome(each.last) : ""), cell: (each) => (each.last ? <Outcome one={each.last} /> : "–") },
        ]} />
      {found.data && found.data.plain.length > 0 && <Plain imports={found.data.plain} />}
      {one && editing === null && <Shown one={one} edit={setEditing} close={() => setChosen("")} gone={() => { setChosen(""); told(); }} />}
      {editing !== null && <Edit text={editing} done={() => { setEditing(null); told(); }} close={() => setEditing(null)} />}
    </SpaceBetween>
  );
}

function outcome(one: Imported): string {
  const parts = [`${plural(one.stored, "row")} of ${one.read} taken`];
  if (one.merged) parts.push(`${one.merged} merged`);
  if (one.refused) parts.push(`${one.refused} refused`);
  return parts.join(", ");
}

function Outcome({ one }: { one: Imported }) {
  if (!one.reasons?.length) return <span>{outcome(one)}</span>;
  return (
    <details>
      <summary>{outcome(one)}</summary>
      <ul>{one.reasons.map((reason) => <li key={reason} className="anywhere">{reason}</li>)}</ul>
    </details>
  );
}

function Plain({ imports }: { imports: Imported[] }) {
  return (
    <DataTable title="Last imports without a connector" noun="import" headingTag="h3" rows={imports} id={(one) => `${one.kind} ${one.source}`} pageSize={10}
      empty={<Empty title="None" />} columns={[
        { id: "kind", header: "Rows", value: (one) => words(one.kind), heads: true },
        { id: "at", header: "When", value: (one) => one.at, cell: (one) => moment(one.at) },
        { id: "outcome", header: "What became of it", value: outcome, cell: (one) => <Outcome one={one} /> },
      ]} />
  );
}

function Shown({ one, edit, close, gone }: { one: Connector; edit: (text: string) => void; close: () => void; gone: () => void }) {
  const [forgetting, setForgetting] = useState(false);
  const { mapping } = one;
  const rows = Object.entries(mapping.columns).map(([field, columns]) => ({ field, columns: columns.join(" or ") }));
  const start = () => edit(JSON.stringify(one.own ? mapping : { ...mapping, name: `my-${mapping.name}`, title: "" }, null, 2));
  return (
    <Container header={<Header variant="h2" actions={
      <SpaceBetween size="xs" direction="horizontal">
        <Button onClick={start}>{one.own ? "Change it" : "Make my own of it"}</Button>
        {one.own && <Button onClick={() => setForgetting(true)}>Remove</Button>}
        <Button onClick={close}>Close</Button>
      </SpaceBetween>
    }>{mapping.title || mapping.name}</Header>}>
      <SpaceBetween size="m">
        <DataTable title="Columns" noun="column" headingTag="h3" rows={rows} id={(row) => row.field} pageSize={20} empty={<Empty title="None" />} columns={[
          { id: "field", header: "Our field", value: (row) => row.field, heads: true },
          { id: "columns", header: "Is read from", value: (row) => row.columns, cell: (row) => <span className="anywhere">{row.columns}</span> },
        ]} />
        <Box color="text-body-secondary">Times without a zone are taken as {mapping.timezone}{mapping.time_formats?.length ? `; read as ISO 8601 or ${mapping.time_formats.join(", ")}` : "; read as ISO 8601"}.</Box>
      </SpaceBetween>
      {forgetting && (
        <Confirm title={`Remove ${mapping.name}?`} word={mapping.name} verb="Remove" close={() => setForgetting(false)}
          act={async () => { await remove(`/connectors/${encodeURIComponent(mapping.name)}`); gone(); }}>
          Rows that came through it stay. An export of that tool can then no longer be read by this name.
        </Confirm>
      )}
    </Container>
  );
}

function Edit({ text, done, close }: { text: string; done: () => void; close: () => void }) {
  const [value, setValue] = useState(text);
  const [slip, setSlip] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const keep = async () => {
    setProblem(null);
    let mapping: unknown;
    try {
      mapping = JSON.parse(value);
    } catch (error) {
      return setSlip(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    setSlip("");
    try {
      await post("/connectors", mapping);
      done();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <Container header={<Header variant="h2" description="columns: for each of our fields the columns it may be in, the first with a value counts. values: what their words mean here.">A mapping of your own</Header>}
      footer={<SpaceBetween size="xs" direction="horizontal"><Button variant="primary" onClick={() => void keep()}>Keep it</Button><Button onClick={close}>Cancel</Button></SpaceBetween>}>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        <Alert type="info">Give it a name of its own. Try it under Import with Check first: nothing is stored by that.</Alert>
        <FormField label="Mapping" errorText={slip} stretch><Textarea value={value} rows={16} spellcheck={false} onChange={({ detail }) => setValue(detail.value)} /></FormField>
      </SpaceBetween>
    </Container>
  );
}
