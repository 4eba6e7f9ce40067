import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { get } from "../../api/client";
import { problemOf, useEvents, useGet } from "../../api/hooks";
import type { Envelope, Problem } from "../../api/types";
import { follow, hrefOf, usePlace } from "../../app/router";
import { useStatuses } from "../../app/statuses";
import { Answered } from "../../parts/Answered";
import { Anything } from "../../parts/Anything";
import { DataTable } from "../../parts/DataTable";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure, Loading } from "../../parts/Told";
import { milliseconds, moment, words } from "../../parts/wording";

export default function ResultsPage() {
  const id = usePlace().parts[1];
  return id ? <One id={id} /> : <All />;
}

function One({ id }: { id: string }) {
  const found = useGet<Envelope>(`/results/${encodeURIComponent(id)}`);
  const agents = useStatuses();
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!found.data) return <Loading />;
  const agent = agents.find((one) => one.agent === found.data?.agent);
  return (
    <Container
      header={<Header variant="h2" actions={agent && <Button href={hrefOf(`agents/${agent.agent}?result=${encodeURIComponent(id)}`)} onFollow={follow}>Open on its page</Button>}>
        {agent?.title ?? words(found.data.agent)}
      </Header>}
      footer={<Answered envelope={found.data} />}
    >
      <Anything value={found.data.answer} />
    </Container>
  );
}

/** Every answer that is stored, page by page as they are asked for. */
function All() {
  const [rows, setRows] = useState<Envelope[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [loading, setLoading] = useState(true);
  const agents = useStatuses();
  const more = async (from: string | null) => {
    setLoading(true);
    try {
      const page = await get<{ items: Envelope[]; next_cursor: string | null }>("/results", { query: { limit: 100, cursor: from } });
      setRows((before) => (from ? [...before, ...page.items] : page.items));
      setCursor(page.next_cursor);
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    setLoading(false);
  };
  useEffect(() => void more(null), []);
  useEvents(() => void more(null));
  const titleOf = (slug: string) => agents.find((one) => one.agent === slug)?.title ?? words(slug);
  return (
    <SpaceBetween size="m">
      {problem && <Failure problem={problem} again={() => void more(null)} />}
      <DataTable title="Answers" noun="answer" rows={rows} id={(one) => one.result_id} loading={loading && !rows.length} pageSize={20}
        description="Newest first; a new one comes by itself."
        actions={cursor && <Button loading={loading} onClick={() => void more(cursor)}>Load older ones</Button>}
        empty={<Empty title="No answers yet">Ask an agent: its answers are kept and can be linked to.</Empty>}
        columns={[
          { id: "at", header: "Answered", value: (one) => one.answered_at, cell: (one) => <Link href={hrefOf(`results/${encodeURIComponent(one.result_id)}`)} onFollow={follow}>{moment(one.answered_at)}</Link> },
          { id: "agent", header: "Agent", value: (one) => titleOf(one.agent) },
          { id: "model", header: "By", value: (one) => `${one.model.name} ${one.model.version}` },
          { id: "took", header: "Took", value: (one) => one.took_ms, cell: (one) => milliseconds(one.took_ms) },
          { id: "simulated", header: "Rests on", value: (one) => (one.simulated ? "simulated" : ""), cell: (one) => one.simulated && <Simulated /> },
        ]} />
    </SpaceBetween>
  );
}
