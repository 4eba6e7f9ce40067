import { useEffect } from "react";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment } from "../../parts/wording";

export function Runs({ round, open, selected }: { round: number; open: (id: string) => void; selected: string }) {
  const found = useGet<ReplyOf<"/workflows/runs">>("/workflows/runs", { limit: 200 });
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
        { id: "playbook", header: "Playbook", value: (one) => one.playbook },
        { id: "by", header: "By", value: (one) => one.begun_by },
        { id: "state", header: "State", value: (one) => one.state },
      ]} />
  );
}
