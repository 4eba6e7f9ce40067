import ProgressBar from "@cloudscape-design/components/progress-bar";

import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { money, percent, plural } from "../../parts/wording";

type Ranking = ReplyOf<"/client-health/ranking">;
export type Ranked = Ranking["clients"][number];

interface Props {
  ranking: Ranking | null;
  loading: boolean;
  selected: string;
  choose: (one: Ranked) => void;
}

export function RankingTable({ ranking, loading, selected, choose }: Props) {
  return (
    <DataTable
      title="Who may leave" noun="client" rows={ranking?.clients ?? []} id={(one) => one.client_id} loading={loading && !ranking}
      description={`The likeliest to leave within ${ranking?.horizon_days ?? 90} days first. Choose one to see why and what to do.`}
      selected={selected} onSelect={choose} sortBy="rank" pageSize={10}
      empty={<Empty title="No client can be ranked yet">{ranking?.message ?? "Import clients and their tickets under Data."}</Empty>}
      columns={[
        { id: "rank", header: "Rank", value: (one) => one.rank, cell: (one) => `${one.rank}${moved(one)}`, width: 140 },
        { id: "name", header: "Client", value: (one) => one.name || one.client_id, heads: true },
        { id: "p", header: "May leave", value: (one) => one.churn_probability, width: 150,
          cell: (one) => <ProgressBar value={one.churn_probability * 100} ariaLabel={`${one.name}: ${percent(one.churn_probability)}`} /> },
        { id: "change", header: "Over 30 days", value: (one) => one.change, cell: (one) => changed(one.change), width: 140 },
        { id: "money", header: "Pays a month", value: (one) => one.monthly_revenue, cell: (one) => money(one.monthly_revenue), width: 130 },
        { id: "driver", header: "Main reason", value: (one) => one.drivers[0]?.sentence, cell: (one) => one.drivers[0]?.words ?? "nothing stands out" },
      ]}
    />
  );
}

function moved(one: Ranked): string {
  if (one.rank_before == null || one.rank_before === one.rank) return "";
  return one.rank_before > one.rank ? ` ▲ was ${one.rank_before}` : ` ▼ was ${one.rank_before}`;
}

export function changed(change: number | null): string {
  if (change == null) return "not known";
  const points = Math.round(change * 100);
  return points === 0 ? "as before" : `${points > 0 ? "+" : "−"}${plural(Math.abs(points), "point")}`;
}
