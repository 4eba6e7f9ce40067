import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { get, remove } from "../../api/client";
import { problemOf } from "../../api/hooks";
import type { Problem, Row } from "../../api/types";
import { useParam } from "../../app/router";
import { Anything, flat } from "../../parts/Anything";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { words } from "../../parts/wording";

const FIRST = ["id", "at", "name", "title", "client_id"];
const SHOWN = 7;

interface Props {
  kind: string;
  round: number;
  changed: () => void;
}

/** What is stored of one kind: oldest first, a thousand at a time. */
export function Stored({ kind, round, changed }: Props) {
  const [rows, setRows] = useState<Row[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(true);
  const [clearing, setClearing] = useState(false);
  const [chosen, setChosen] = useParam("id");
  const more = async (from: string | null) => {
    setLoading(true);
    try {
      const page = await get<{ items: Row[]; next_cursor: string | null }>(`/records/${kind}`, { query: { limit: 1000, cursor: from } });
      setRows((before) => (from ? [...before, ...page.items] : page.items));
      setCursor(page.next_cursor);
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setLoading(false);
  };
  useEffect(() => void more(null), [kind, round]);
  const clear = async () => {
    await remove(`/records/${kind}`);
    setChosen("");
    changed();
  };
  const names = [...new Set(rows.slice(0, 100).flatMap(Object.keys))].filter((name) => name !== "simulated");
  const columns = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))].slice(0, SHOWN);
  return (
    <SpaceBetween size="m">
      {problem && <Failure problem={problem} again={() => void more(null)} />}
      {chosen && <One key={chosen} kind={kind} id={chosen} close={() => setChosen("")} changed={changed} />}
      <DataTable title={words(kind)} noun="row" rows={rows} id={(row) => row.id} loading={loading && !rows.length} pageSize={15}
        selected={chosen} onSelect={(row) => setChosen(row.id)}
        description={cursor ? `The first ${rows.length.toLocaleString()}, oldest first.` : "All that is stored, oldest first."}
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            {cursor && <Button loading={loading} onClick={() => void more(cursor)}>Load more</Button>}
            <Button disabled={!rows.length} onClick={() => setClearing(true)}>Delete all</Button>
          </SpaceBetween>
        }
        empty={<Empty title={`No ${words(kind).toLowerCase()} yet`}>Import some below.</Empty>}
        columns={columns.map((name) => ({ id: name, header: words(name), value: (row: Row) => flat(row[name]), cell: (row: Row) => <span className="anywhere">{shortened(flat(row[name]))}</span> }))} />
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
        <Button onClick={() => void drop()}>Delete this row</Button>
        <Button onClick={close}>Close</Button>
      </SpaceBetween>
    }><span className="anywhere">{id}</span></Header>}>
      {problem ? <Failure problem={problem} /> : row ? <Anything value={row} /> : <Box>…</Box>}
    </Container>
  );
}

const LONGEST = 120;
function shortened(value: string | number | null): string | number {
  return typeof value === "string" && value.length > LONGEST ? `${value.slice(0, LONGEST)} …` : (value ?? "–");
}
