import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { useGet } from "../../api/hooks";
import { live } from "../../api/live";
import { useStore } from "../../api/store";
import type { Envelope, MeshEvent } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { useStatuses } from "../../app/statuses";
import { Empty } from "../../parts/Told";
import { ago, words } from "../../parts/wording";
import { happened } from "./happened";

interface Line {
  id: string;
  at: string;
  title: string;
  detail: string;
  to: string | null;
}

/** What happens, as it happens; below it what happened before this page was opened. */
export function Feed() {
  const events = useStore(live.events);
  const agents = useStatuses();
  const before = useGet<{ items: Envelope[] }>("/results", { limit: 10 });
  const titleOf = (slug: string) => agents.find((one) => one.agent === slug)?.title ?? words(slug);
  const now = events.map((event): Line => ({ id: `e${event.id}`, at: event.time, title: titleOf(event.topic), detail: happened(event), to: placeOf(event, agents.map((one) => one.agent)) }));
  const seen = new Set(events.map((event) => event.subject));
  const earlier = (before.data?.items ?? []).filter((one) => !seen.has(one.result_id))
    .map((one): Line => ({ id: one.result_id, at: one.answered_at, title: titleOf(one.agent), detail: "answered", to: `results/${one.result_id}` }));
  const lines = [...now, ...earlier].slice(0, 12);
  return (
    <Container header={<Header variant="h2" description="New answers and news of the mesh, as they come.">Just now</Header>}>
      <div aria-live="polite" data-testid="feed">
        {lines.length ? (
          <SpaceBetween size="xs">
            {lines.map((line) => (
              <div key={line.id} className="anywhere">
                {line.to ? <Link href={hrefOf(line.to)} onFollow={follow}>{line.title}</Link> : <strong>{line.title}</strong>}{" "}
                {line.detail} <Box variant="small" display="inline" color="text-body-secondary">{ago(line.at)}</Box>
              </div>
            ))}
          </SpaceBetween>
        ) : (
          <Empty title="Nothing happened yet">Answers of your agents, jobs and news of the mesh show here within a second.</Empty>
        )}
      </div>
    </Container>
  );
}

function placeOf(event: MeshEvent, agents: string[]): string | null {
  if (agents.includes(event.topic)) return `agents/${event.topic}?result=${encodeURIComponent(event.subject)}`;
  return { jobs: "admin", mesh: "mesh", workflows: "workflows" }[event.topic] ?? null;
}
