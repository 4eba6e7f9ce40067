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
import { useEffect, useMemo, useState } from "react";

import { post } from "../../api/client";
import { problemOf, useGet } from "../../api/hooks";
import type { Problem, Refused, ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { save } from "../../parts/files";
import { plural, whole, words } from "../../parts/wording";
import { EXAMPLES, mediaOf, preview } from "./kinds";

type Tried = ReplyOf<"/connectors/trial", "post">;
interface Stored {
  received: number;
  stored: number;
  merged: number;
  refused: Refused[];
  contradicting: Refused[];
}

/** Paste or choose a file, look at its first rows, send it, and see which rows were not taken and why. */
export function Import({ kind, round, done }: { kind: string; round: number; done: () => void }) {
  const [text, setText] = useState("");
  const [files, setFiles] = useState<File[]>([]);
  const [source, setSource] = useState("");
  const [stored, setStored] = useState<Stored | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [tried, setTried] = useState<Tried | null>(null);
  const known = useGet<ReplyOf<"/connectors">>("/connectors");
  useEffect(() => {
    if (round) known.again();
  }, [round]);
  const media = mediaOf(files[0]?.name ?? "", text);
  const seen = useMemo(() => preview(text, media), [text, media]);
  const take = async (chosen: File[]) => {
    setFiles(chosen);
    setStored(null);
    setTried(null);
    setText(chosen[0] ? await chosen[0].text() : "");
  };
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      setStored(await post<Stored>(`/records/${kind}`, text, { media, query: { source } }));
      setText("");
      setFiles([]);
      setTried(null);
      done();
    } catch (error) {
      setStored(null);
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const check = async () => {
    setBusy(true);
    setProblem(null);
    setStored(null);
    try {
      setTried(await post<Tried>("/connectors/trial", text, { media, query: { kind, source } }));
    } catch (error) {
      setTried(null);
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  const fitting = (known.data?.items ?? []).filter((one) => one.mapping.kind === kind).map(({ mapping }) => mapping);
  const sources = [{ value: "", label: "Columns as named here" }, ...fitting.map((one) => ({ value: one.name, label: one.title || `An export of ${one.name}` }))];
  return (
    <Container header={<Header variant="h2" description="CSV, JSON or NDJSON, 1 MB at once. A row with an id that is stored already takes its place."
      actions={<Button iconName="download" onClick={() => save(`${kind}-example.csv`, EXAMPLES[kind] ?? "", "text/csv")}>Example file</Button>}>Import {words(kind).toLowerCase()}</Header>}
      footer={
        <SpaceBetween size="xs" direction="horizontal">
          <Button variant="primary" disabled={!text.trim()} loading={busy} onClick={() => void send()}>Import</Button>
          <Button disabled={!text.trim() || busy} onClick={() => void check()}>Check first</Button>
        </SpaceBetween>
      }>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        {stored && <Outcome stored={stored} kind={kind} />}
        <FileUpload value={files} onChange={({ detail }) => void take([...detail.value])} accept=".csv,.json,.ndjson,.jsonl" showFileSize
          i18nStrings={{ uploadButtonText: () => "Choose a file", dropzoneText: () => "Drop the file here", removeFileAriaLabel: () => "Remove the file", limitShowFewer: "Fewer", limitShowMore: "More", errorIconAriaLabel: "Error" }} />
        <FormField label="Or paste rows" stretch>
          <Textarea value={text} rows={5} spellcheck={false} placeholder={EXAMPLES[kind] ?? ""} onChange={({ detail }) => { setText(detail.value); setTried(null); }} />
        </FormField>
        {sources.length > 1 && (
          <FormField label="From"><Select options={sources} selectedOption={sources.find((one) => one.value === source) ?? null} onChange={({ detail }) => { setSource(detail.selectedOption.value ?? ""); setTried(null); }} /></FormField>
        )}
        {tried && <Trial tried={tried} kind={kind} />}
        {!tried && seen.rows.length > 0 && <Preview header={seen.header} rows={seen.rows} />}
        {text.trim() && !seen.rows.length && <Box color="text-status-error">This does not look like rows with a header line, JSON or NDJSON.</Box>}
      </SpaceBetween>
    </Container>
  );
}

/** What the server would store of it, and what it would not: the same checks as an import. */
function Trial({ tried, kind }: { tried: Tried; kind: string }) {
  const header = [...new Set(tried.rows.flatMap((row) => Object.keys(row)))].filter((name) => name !== "simulated");
  const rows = tried.rows.map((row) => header.map((name) => (typeof row[name] === "string" ? row[name] : JSON.stringify(row[name] ?? "")) as string));
  const defaulted = Object.entries(tried.defaulted);
  return (
    <SpaceBetween size="s">
      <Alert type={tried.refused_lines ? "warning" : "success"} header="Nothing was stored yet">
        {whole(tried.good)} of {plural(tried.received, "row")} would be stored as {kind}
        {tried.merged > 0 && `, ${tried.merged} merged by id`}
        {tried.refused_lines > 0 && `, ${tried.refused_lines} refused`}.
        {tried.unused_columns.length > 0 && ` Not read: ${tried.unused_columns.join(", ")}.`}
        {defaulted.length > 0 && ` Filled in: ${defaulted.map(([field, count]) => `${field} in ${plural(count, "line")}`).join(", ")}.`}
      </Alert>
      {rows.length > 0 && <Preview header={header} rows={rows} caption="The first rows as they would be stored" />}
      <Reasons title="Rows that contradict an earlier one" refused={tried.contradicting} />
      <Reasons refused={tried.refused} />
    </SpaceBetween>
  );
}

function Reasons({ refused, title = "Rows not stored" }: { refused: Refused[]; title?: string }) {
  if (!refused.length) return null;
  return (
    <DataTable title={title} noun="row" headingTag="h3" rows={refused} id={(one) => `${one.line} ${one.field} ${one.reason}`} pageSize={10}
      empty={<Empty title="None" />} columns={[
        { id: "line", header: "Line", value: (one) => one.line, width: 100 },
        { id: "field", header: "Field", value: (one) => one.field },
        { id: "reason", header: "Reason", value: (one) => one.reason },
      ]} />
  );
}

function Preview({ header, rows, caption = "The first rows, as they will be read" }: { header: string[]; rows: string[][]; caption?: string }) {
  return (
    <div className="scrolls" tabIndex={0} role="region" aria-label="The first rows">
      <table className="figures">
        <caption>{caption}</caption>
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
      <Reasons title="Rows that contradict an earlier one" refused={stored.contradicting} />
      <Reasons refused={stored.refused} />
    </SpaceBetween>
  );
}
