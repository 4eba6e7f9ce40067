import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useMemo, useState } from "react";

import { post } from "../../api/client";
import { problemOf } from "../../api/hooks";
import type { Problem, Refused } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { save } from "../../parts/files";
import { plural, whole, words } from "../../parts/wording";
import { EXAMPLES, SOURCES, mediaOf, preview } from "./kinds";

interface Stored {
  received: number;
  stored: number;
  merged: number;
  refused: Refused[];
}

/** Paste or choose a file, look at its first rows, send it, and see which rows were not taken and why. */
export function Import({ kind, done }: { kind: string; done: () => void }) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<File[]>([]);
  const [source, setSource] = useState("");
  const [stored, setStored] = useState<Stored | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const media = mediaOf(files[0]?.name ?? "", text);
  const seen = useMemo(() => preview(text, media), [text, media]);
  const take = async (chosen: File[]) => {
    setFiles(chosen);
    setStored(null);
    setText(chosen[0] ? await chosen[0].text() : "");
  };
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setStored(await post<Stored>(`/records/${kind}`, text, { media, query: { source } }));
      setText("");
      setFiles([]);
      done();
    } catch (error) {
      setStored(null);
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const sources = [{ value: "", label: "Columns as named here" }, ...SOURCES.map((value) => ({ value, label: `An export of ${value}` }))];
  return (
    <Container header={<Header variant="h2" description="CSV, JSON or NDJSON, 1 MB at once. A row with an id that is stored already takes its place."
      actions={<Button iconName="download" onClick={() => save(`${kind}-example.csv`, EXAMPLES[kind] ?? "", "text/csv")}>Example file</Button>}>Import {words(kind).toLowerCase()}</Header>}
      footer={<Button variant="primary" disabled={!text.trim()} loading={busy} onClick={() => void send()}>Import</Button>}>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        {stored && <Outcome stored={stored} kind={kind} />}
        <FileUpload value={files} onChange={({ detail }) => void take([...detail.value])} accept=".csv,.json,.ndjson,.jsonl" showFileSize
          i18nStrings={{ uploadButtonText: () => "Choose a file", dropzoneText: () => "Drop the file here", removeFileAriaLabel: () => "Remove the file", limitShowFewer: "Fewer", limitShowMore: "More", errorIconAriaLabel: "Error" }} />
        <FormField label="Or paste rows" stretch>
          <Textarea value={text} rows={5} spellcheck={false} placeholder={EXAMPLES[kind] ?? ""} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
        {kind === "tickets" && (
          <FormField label="From"><Select options={sources} selectedOption={sources.find((one) => one.value === source) ?? null} onChange={({ detail }) => setSource(detail.selectedOption.value ?? "")} /></FormField>
        )}
        {seen.rows.length > 0 && <Preview header={seen.header} rows={seen.rows} />}
        {text.trim() && !seen.rows.length && <Box color="text-status-error">This does not look like rows with a header line, JSON or NDJSON.</Box>}
      </SpaceBetween>
    </Container>
  );
}

function Preview({ header, rows }: { header: string[]; rows: string[][] }) {
  return (
    <div className="scrolls" tabIndex={0} role="region" aria-label="The first rows">
      <table className="figures">
        <caption>The first rows, as they will be read</caption>
        <thead><tr>{header.map((name, index) => <th key={index} scope="col">{name}</th>)}</tr></thead>
        <tbody>{rows.map((row, index) => <tr key={index}>{row.map((cell, place) => <td key={place}>{cell.slice(0, 80)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function Outcome({ stored, kind }: { stored: Stored; kind: string }) {
  return (
    <SpaceBetween size="s">
      <Alert type={stored.refused.length ? "warning" : "success"}>
        {whole(stored.stored)} of {plural(stored.received, "row")} stored as {kind}
        {stored.merged > 0 && `, ${stored.merged} of them merged by id`}
        {stored.refused.length > 0 && `; ${plural(stored.refused.length, "reason")} below why others were not`}.
      </Alert>
      {stored.refused.length > 0 && (
        <DataTable title="Rows not stored" noun="row" headingTag="h3" rows={stored.refused} id={(one) => `${one.line} ${one.field} ${one.reason}`} pageSize={10}
          empty={<Empty title="None" />} columns={[
            { id: "line", header: "Line", value: (one) => one.line, width: 100 },
            { id: "field", header: "Field", value: (one) => one.field },
            { id: "reason", header: "Reason", value: (one) => one.reason },
          ]} />
      )}
    </SpaceBetween>
  );
}
