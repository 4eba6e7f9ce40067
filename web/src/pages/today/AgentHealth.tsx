import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import type { AgentStatus } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { useStore } from "../../api/store";
import { statuses } from "../../app/statuses";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { milliseconds } from "../../parts/wording";

/** As measured from the last questions; nothing here is set by hand. */
export function AgentHealth() {
  const known = useStore(statuses);
  return (
    <DataTable title="Agents" noun="agent" rows={known ?? []} id={(one) => one.agent} pageSize={12} loading={!known}
      description="Measured over the last 200 questions of each." empty={<Empty title="No agent runs here" />}
      columns={[
        { id: "title", header: "Agent", value: (one) => one.title, cell: (one) => <Link href={hrefOf(`agents/${one.agent}`)} onFollow={follow}>{one.title}</Link> },
        { id: "state", header: "State", value: (one) => stateOf(one), cell: (one) => <State one={one} />, minWidth: 140 },
        { id: "p95", header: "19 of 20 answers within", value: (one) => one.p95_ms, cell: (one) => milliseconds(one.p95_ms), width: 150 },
        { id: "answered", header: "Answered", value: (one) => one.answered, width: 110 },
      ]} />
  );
}

export function stateOf(one: AgentStatus): string {
  const missing = one.models.filter((model) => !model.loaded);
  if (missing.length) return `without ${missing.map((model) => model.name).join(", ")}`;
  if (!one.questions) return "not asked yet";
  return one.failed ? `${one.failed} failed` : "works";
}

function State({ one }: { one: AgentStatus }) {
  const words = stateOf(one);
  const type = words === "works" ? "success" : words === "not asked yet" ? "pending" : words.startsWith("without") ? "warning" : "error";
  return <StatusIndicator type={type}>{words}</StatusIndicator>;
}
