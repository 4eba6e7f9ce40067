import Button from "@cloudscape-design/components/button";
import { useState } from "react";

import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import type { Answer } from "./answer";

type Indicator = Answer["indicators"][number];

/** Shown and copied defanged, so that none is opened by a slip. */
export function Indicators({ indicators }: { indicators: readonly Indicator[] }) {
  const [copied, setCopied] = useState("");
  const copy = async () => {
    const lines = indicators.filter((one) => !one.benign).map((one) => defanged(one.value));
    await navigator.clipboard.writeText(lines.join("\n"));
    setCopied(`Copied ${lines.length}`);
  };
  return (
    <DataTable title="Indicators" noun="indicator" headingTag="h3" rows={indicators} id={(one) => `${one.type}${one.value}${one.source}`}
      empty={<Empty title="None were found">Addresses, domains, hashes and the like are recognised, defanged ones too.</Empty>}
      actions={<Button iconName="copy" onClick={() => void copy()} disabled={!indicators.length}>{copied || "Copy defanged"}</Button>}
      columns={[
        { id: "type", header: "Type", value: (one) => one.type, width: 130 },
        { id: "value", header: "Value, defanged", heads: true, value: (one) => defanged(one.value), cell: (one) => <code className="anywhere">{defanged(one.value)}</code> },
        { id: "benign", header: "Judged", value: (one) => (one.negated ? "the text says it was not seen" : one.benign ? `benign: ${one.reason ?? ""}` : "suspicious") },
        { id: "seen", header: "Seen by MSPs", value: (one) => one.seen_by, cell: (one) => one.seen_by ?? "fewer than 3, or not shared", width: 150 },
      ]} />
  );
}
