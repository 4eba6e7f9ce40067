import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { get, remove } from "../../api/client";
import { problemOf } from "../../api/hooks";
import { MOST, usePages } from "../../api/pages";
import type { Problem, Row } from "../../api/types";
import { useParam } from "../../app/router";
import { Anything, flat } from "../../parts/Anything";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { readable, whole, words } from "../../parts/wording";

const FIRST = ["id", "at", "name", "title", "client_id"];
// What a person calls a row by.
const HEADING = ["name", "title"];
const SHOWN = 7;
const ASKED = { limit: 1000 };

interface Props {
  kind: string;
  round: number;
  changed: () => void;
}

/** What is stored of one kind, oldest first: all of it, or the first ten thousand and more on demand. */
export function Stored({ kind, round, changed }: Props) {
  const [clearing, setClearing] = useState(false);
  const [chosen, setChosen] = useParam("id");
  const found = usePages<Row>(`/records/${kind}`, (row) => row.id, ASKED, MOST, round);
  const rows = found.data?.items ?? [];
  const clear = async () => {
    await remove(`/records/${kind}`);
    setChosen("");
    changed();
  };
  const names = [...new Set(rows.slice(0, 100).flatMap(Object.keys))].filter((name) => name !== "simulated");
  const columns = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))].slice(0, SHOWN);
  const heading = columns.find((name) => HEADING.includes(name));
  return (
    <SpaceBetween size="m">
      {found.problem && <Failure problem={found.problem} again={found.again} />}
      {chosen && <One key={chosen} kind={kind} id={chosen} close={() => setChosen("")} changed={changed} />}
      <DataTable title={words(kind)} noun="row" rows={rows} id={(row) => row.id} loading={found.loading} pageSize={15}
        selected={chosen} onSelect={(row) => setChosen(row.id)}
        description={found.whole ? "All that is stored, oldest first." : found.more ? `The first ${whole(rows.length)}, oldest first: filter, sort and CSV are over these.` : "Reading on …"}
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            {found.more && <Button onClick={found.more}>Load {whole(MOST)} more</Button>}
            <Button iconName="remove" disabled={!rows.length} onClick={() => setClearing(true)}>Delete all</Button>
          </SpaceBetween>
        }
        empty={<Empty title={`No ${words(kind).toLowerCase()} yet`}>Import some below.</Empty>}
        columns={columns.map((name) => ({ id: name, header: words(name), heads: name === heading, value: (row: Row) => flat(row[name]), cell: (row: Row) => <span className="anywhere">{shortened(row[name])}</span> }))} />
      {clearing && (
        <Confirm title={`Delete all ${words(kind).toLowerCase()}?`} word={kind} act={clear} close={() => setClearing(false)}>
          Every row of this kind goes, at once and for good. Export first if you may want it back.
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function One({ kind, id, close, changed }: { kind: string; id: string; close: () => void; changed: () => void }) {
  const [row, setRow] = useState<Row | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const path = `/records/${kind}/${encodeURIComponent(id)}`;
  useEffect(() => {
    get<Row>(path).then(setRow, (error: unknown) => setProblem(problemOf(error)));
  }, [path]);
  const drop = () => remove(path).then(() => { close(); changed(); }, (error: unknown) => setProblem(problemOf(error)));
  return (
    <Container header={<Header variant="h2" actions={
      <SpaceBetween size="xs" direction="horizontal">
        <Button iconName="remove" onClick={() => void drop()}>Delete this row</Button>
        <Button onClick={close}>Close</Button>
      </SpaceBetween>
    }><span className="anywhere">{id}</span></Header>}>
      {problem ? <Failure problem={problem} /> : row ? <Anything value={row} /> : <Box>…</Box>}
    </Container>
  );
}

const LONGEST = 120;

/** As a person reads it: times in their own zone, long texts cut. */
function shortened(stored: unknown): string | number {
  const value = readable(flat(stored));
  return typeof value === "string" && value.length > LONGEST ? `${value.slice(0, LONGEST)} …` : (value ?? "–");
}
