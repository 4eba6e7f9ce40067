import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useEffect } from "react";

import { usePages } from "../../api/pages";
import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment } from "../../parts/wording";

const ICON: Record<string, StatusIndicatorProps.Type> = { finished: "success", failed: "error", running: "in-progress" };
export const begun = (by: string): string => (by === "request" ? "a person" : by);

type Run = ReplyOf<"/workflows/runs">["items"][number];
const ASKED = { limit: 200 };

interface Props {
  round: number;
  open: (id: string) => void;
  selected: string;
  titles: Readonly<Record<string, string>>;
}

export function Runs({ round, open, selected, titles }: Props) {
  const found = usePages<Run>("/workflows/runs", (one) => one.run_id, ASKED);
  useEffect(() => {
    if (round) found.again();
  }, [round]);
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  return (
    <DataTable title="Runs" noun="run" rows={found.data?.items ?? []} id={(one) => one.run_id} loading={found.loading && !found.data}
      selected={selected} onSelect={(one) => open(one.run_id)} pageSize={10}
      empty={<Empty title="No run yet">Run one of the playbooks above: each passes one agent's answer to the next.</Empty>}
      columns={[
        { id: "at", header: "Started", value: (one) => one.started_at, cell: (one) => moment(one.started_at) },
        { id: "playbook", header: "Playbook", value: (one) => titles[one.playbook] ?? one.playbook },
        { id: "by", header: "Started by", value: (one) => begun(one.begun_by) },
        { id: "state", header: "State", value: (one) => one.state, cell: (one) => <StatusIndicator type={ICON[one.state] ?? "pending"}>{one.state}</StatusIndicator> },
      ]} />
  );
}
