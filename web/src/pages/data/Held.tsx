import Link from "@cloudscape-design/components/link";

import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { day, whole, words } from "../../parts/wording";

type Kind = ReplyOf<"/records">["items"][number];

/** How much is stored of each kind. */
export function Held({ items, choose }: { items: readonly Kind[]; choose: (kind: string) => void }) {
  return (
    <DataTable title="What is stored" noun="kind" rows={items} id={(one) => one.kind} pageSize={12} empty={<Empty title="Nothing yet" />} columns={[
      { id: "kind", header: "Kind", value: (one) => words(one.kind), heads: true, cell: (one) => <Link href={`?kind=${one.kind}`} onFollow={(event) => { event.preventDefault(); choose(one.kind); window.scrollTo(0, 0); }}>{words(one.kind)}</Link> },
      { id: "rows", header: "Rows", value: (one) => one.rows, cell: (one) => whole(one.rows), width: 120 },
      { id: "first", header: "From", value: (one) => one.first ?? "", cell: (one) => (one.first ? day(one.first) : "no times") },
      { id: "last", header: "To", value: (one) => one.last ?? "", cell: (one) => (one.last ? day(one.last) : "no times") },
    ]} />
  );
}
