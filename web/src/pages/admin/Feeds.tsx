import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf, useEvents, useGet } from "../../api/hooks";
import type { Problem, ReplyOf } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { day, moment, plural, whole } from "../../parts/wording";

type Feed = ReplyOf<"/admin/feeds">["items"][number];
const UNDER_WAY = ["waiting", "running"];

/** The public facts that answers cite, and fetching newer ones; news is a tenant's own and stands under Data. */
export function Feeds() {
  const found = useGet<ReplyOf<"/admin/feeds">>("/admin/feeds");
  const stored = useGet<ReplyOf<"/records">>("/records");
  const [problem, setProblem] = useState<Problem | null>(null);
  useEvents((event) => {
    if (event.type.startsWith("job.")) found.again();
  }, ["jobs"]);
  const refresh = async (names: string[]) => {
    setProblem(null);
    for (const name of names) {
      try {
        await post(`/admin/feeds/${encodeURIComponent(name)}/refresh`, {});
      } catch (error) {
        setProblem(problemOf(error));
      }
    }
    found.again();
  };
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  const feeds = found.data?.items ?? [];
  const news = stored.data?.items.find((one) => one.kind === "articles");
  return (
    <SpaceBetween size="s">
      {problem && <Failure problem={problem} />}
      <DataTable title="Feeds" noun="feed" rows={feeds} id={(one) => one.name} loading={found.loading && !found.data}
        description="Public facts that answers cite, the same for every MSP of this mesh. A feed that cannot be fetched keeps its edition."
        actions={<Button disabled={!feeds.length || feeds.every((one) => UNDER_WAY.includes(one.job_state ?? ""))} onClick={() => void refresh(feeds.filter((one) => !UNDER_WAY.includes(one.job_state ?? "")).map((one) => one.name))}>Refresh all</Button>}
        empty={<Empty title="No feeds" />} columns={[
          { id: "title", header: "Feed", value: (one) => one.title, heads: true },
          { id: "version", header: "Version", value: (one) => one.loaded?.version ?? "not loaded", cell: (one) => (one.loaded ? <span className="anywhere">{one.loaded.version}</span> : <StatusIndicator type="warning">not loaded</StatusIndicator>), minWidth: 140 },
          { id: "published", header: "Published", value: (one) => one.loaded?.published ?? "", cell: (one) => published(one) },
          { id: "loaded", header: "Loaded", value: (one) => one.loaded?.loaded_at ?? "", cell: (one) => moment(one.loaded?.loaded_at) },
          { id: "rows", header: "Rows", value: (one) => one.loaded?.rows, cell: (one) => whole(one.loaded?.rows), width: 110 },
          { id: "source", header: "From", value: (one) => one.loaded?.source ?? one.homes[0] ?? "", cell: (one) => <span className="anywhere">{one.loaded?.source ?? one.homes[0]}</span> },
          { id: "act", header: "", value: () => "", minWidth: 150, cell: (one) => <Act one={one} refresh={() => void refresh([one.name])} /> },
        ]} />
      {news && (
        <span>News: {news.rows ? `${plural(news.rows, "article")} of yours, the latest of ${day(news.last)}` : "no article of yours is stored"}. <Link href={hrefOf("data?kind=articles")} onFollow={follow}>Look at articles</Link></span>
      )}
    </SpaceBetween>
  );
}

function published(one: Feed): string {
  if (!one.loaded) return "–";
  if (!one.loaded.published) return "its publisher does not say";
  return one.loaded.days_old ? `${day(one.loaded.published)}, ${plural(one.loaded.days_old, "day")} old` : day(one.loaded.published);
}

function Act({ one, refresh }: { one: Feed; refresh: () => void }) {
  if (UNDER_WAY.includes(one.job_state ?? "")) return <StatusIndicator type="in-progress">fetching</StatusIndicator>;
  return (
    <SpaceBetween size="xxs">
      <Button variant="inline-link" onClick={refresh} ariaLabel={`Refresh ${one.title}`}>Refresh</Button>
      {one.job_state === "dead" && <Link href={hrefOf(`admin?tab=jobs&job=${encodeURIComponent(one.job_id ?? "")}`)} onFollow={follow}>Why it failed</Link>}
    </SpaceBetween>
  );
}
