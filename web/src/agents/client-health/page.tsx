import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useRef } from "react";

import { ask, useAsking } from "../../api/asking";
import { get } from "../../api/client";
import { useWork } from "../../api/hooks";
import type { AgentStatus, Envelope, ReplyOf } from "../../api/types";
import { useKept } from "../../app/kept";
import { useParam } from "../../app/router";
import { Simulated } from "../../parts/Marks";
import { Failure, UnderWay } from "../../parts/Told";
import { useNarrow } from "../../parts/narrow";
import { Client, type Answer } from "./Client";
import { RankingTable, type Ranked } from "./Ranking";
import { learntFrom } from "./learnt";

type Ranking = ReplyOf<"/client-health/ranking">;

/** All pages of the ranking, as one. */
async function everyone(signal: AbortSignal): Promise<Ranking> {
  const page = (cursor: string | null) => get<Ranking>("/client-health/ranking", { query: { limit: 200, cursor }, signal });
  const whole = await page(null);
  for (let cursor = whole.cursor; cursor; ) {
    const next = await page(cursor);
    whole.clients.push(...next.clients);
    cursor = next.cursor;
  }
  return { ...whole, cursor: null };
}

export default function ClientHealthPage({ agent }: { agent: AgentStatus }) {
  const [client, setClient] = useParam("client");
  const ranking = useWork<Ranking>(everyone, []);
  const asking = useAsking(agent.agent);
  useKept(agent.agent);
  const envelope = asking.envelope as unknown as Envelope<Answer> | null;
  const shown = envelope?.answer.client_id ?? "";
  useEffect(() => {
    // A link to a client asks for it, unless its answer is what is shown already.
    if (client && client !== shown && asking.state !== "asking") void ask(agent.agent, agent.route, { client_id: client });
  }, [client]);
  const place = useRef<HTMLDivElement>(null);
  const narrow = useNarrow();
  const before = useRef(asking.state);
  useEffect(() => {
    // On a phone the ranking is long, and what was asked for stands below it.
    if (narrow && before.current === "asking") place.current?.scrollIntoView();
    before.current = asking.state;
  }, [asking.state]);
  const choose = (one: Ranked) => {
    setClient(one.client_id);
    if (one.client_id === client) void ask(agent.agent, agent.route, { client_id: one.client_id });
  };
  const data = ranking.data;
  return (
    <SpaceBetween size="l">
      {ranking.problem && <Failure problem={ranking.problem} again={ranking.again} />}
      <RankingTable ranking={data} loading={ranking.loading} selected={client || shown} choose={choose} />
      <div aria-live="polite" ref={place} className="below-bar">
        {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Looking at this client" />}
        {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} />}
        {envelope && asking.state !== "asking" && <Client envelope={envelope} ranked={data?.clients.find((one) => one.client_id === shown)} />}
      </div>
      {data && !envelope && <span>{data.learnt.simulated && <Simulated />} {learntFrom(data.learnt, data.notes)}</span>}
    </SpaceBetween>
  );
}
