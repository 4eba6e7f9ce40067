import { useEvents, useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import Link from "@cloudscape-design/components/link";
import { follow, hrefOf } from "../../app/router";
import { DataTable } from "../../parts/DataTable";
import { Severity } from "../../parts/Marks";
import { Empty, Failure } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import { ago } from "../../parts/wording";

type Threats = ReplyOf<"/threat-intelligence/active-threats">;
const MONTH_H = 24 * 30;

/** What the answers of the last month share: it grows by itself as they come. */
export function Active({ latest }: { latest: string }) {
  const found = useGet<Threats>("/threat-intelligence/active-threats", { hours: MONTH_H, severity: "MEDIUM", latest: "" });
  useEvents(found.again, ["threat-intelligence"]);
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  return (
    <DataTable title="Active in the last 30 days" noun="threat" rows={found.data?.threats ?? []} loading={found.loading && !found.data}
      id={(one) => `${one.kind}${one.value}`} key={latest ? "some" : "none"}
      empty={<Empty title="Nothing of MEDIUM or more was found yet">Analyse a report above: its indicators and techniques gather here.</Empty>}
      columns={[
        { id: "severity", header: "Severity", value: (one) => one.severity, cell: (one) => <Severity level={one.severity} />, width: 120 },
        { id: "kind", header: "Kind", value: (one) => one.kind, width: 130 },
        { id: "value", header: "What", heads: true, value: (one) => one.value, cell: (one) => <span className="anywhere">{one.kind === "technique" ? one.value : defanged(one.value)} {one.name}</span> },
        { id: "last", header: "Last seen", value: (one) => one.last_seen, cell: (one) => ago(one.last_seen), width: 130 },
        { id: "in", header: "Answers", value: (one) => one.results.length, width: 110,
          cell: (one) => <Link href={hrefOf(`agents/threat-intelligence?result=${one.results[0] ?? ""}`)} onFollow={follow}>{one.results.length}</Link> },
      ]} />
  );
}
