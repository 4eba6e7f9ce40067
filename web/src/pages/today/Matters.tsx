import Button from "@cloudscape-design/components/button";
import type { ReactNode } from "react";

import { follow, hrefOf } from "../../app/router";
import { DataTable } from "../../parts/DataTable";
import { Severity } from "../../parts/Marks";
import { Empty } from "../../parts/Told";
import type { Matter } from "./attention";

export function Matters({ matters, loading, action }: { matters: Matter[]; loading: boolean; action: ReactNode }) {
  return (
    <div className={loading ? "reserved" : undefined}>
    <DataTable title="Needs attention" noun="matter" rows={matters} id={(one) => one.id} loading={loading} actions={action} pageSize={8}
      description="Threats, clients about to leave, SLAs about to break, forecasts and controls, the most urgent first."
      empty={<Empty title="Nothing needs you now">Ask the agents to look at what is stored, or import rows under Data.</Empty>}
      columns={[
        { id: "level", header: "Level", value: (one) => one.level, cell: (one) => <Severity level={one.level} />, width: 110, minWidth: 110 },
        { id: "what", header: "What", value: (one) => one.what, cell: (one) => <strong className="anywhere">{one.what}</strong>, minWidth: 200, heads: true },
        { id: "evidence", header: "Evidence", value: (one) => one.evidence, cell: (one) => <span className="anywhere">{one.evidence}</span>, minWidth: 200 },
        { id: "action", header: "Next step", value: (one) => one.action, minWidth: 200, cell: (one) => <Button variant="inline-link" href={hrefOf(one.to)} onFollow={follow}>{one.action}</Button> },
      ]} />
    </div>
  );
}
