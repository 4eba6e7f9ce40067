import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { useEvents, useGet } from "../../api/hooks";
import { usePages } from "../../api/pages";
import type { Envelope } from "../../api/types";
import { follow, hrefOf, usePlace } from "../../app/router";
import { useStatuses } from "../../app/statuses";
import { Answered } from "../../parts/Answered";
import { Anything } from "../../parts/Anything";
import { DataTable } from "../../parts/DataTable";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure, Loading } from "../../parts/Told";
import { milliseconds, moment, whole, words } from "../../parts/wording";

const ASKED = { limit: 200 };
// An answer may be large, and they come whole.
const AT_ONCE = 1_000;

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
  const found = usePages<Envelope>("/results", (one) => one.result_id, ASKED, AT_ONCE);
  const rows = found.data?.items ?? [];
  const agents = useStatuses();
  useEvents(found.again);
  const titleOf = (slug: string) => agents.find((one) => one.agent === slug)?.title ?? words(slug);
  return (
    <SpaceBetween size="m">
      {found.problem && <Failure problem={found.problem} again={found.again} />}
      <DataTable title="Answers" noun="answer" rows={rows} id={(one) => one.result_id} loading={found.loading} pageSize={20}
        description={found.whole ? "All of them, newest first; a new one comes by itself." : `The newest ${whole(rows.length)}; a new one comes by itself.`}
        actions={found.more && <Button onClick={found.more}>Load {whole(AT_ONCE)} older ones</Button>}
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
