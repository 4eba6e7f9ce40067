import Link from "@cloudscape-design/components/link";

import { follow, hrefOf } from "../../app/router";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { money, percent } from "../../parts/wording";
import type { Answer } from "./fan";

const sentence = (reason: string) => (/[.!?]$/.test(reason) ? reason : `${reason}.`);

export function Opportunities({ answer }: { answer: Answer }) {
  const currency = answer.currency ?? "USD";
  return (
    <DataTable title="What to sell to whom" noun="opportunity" rows={answer.opportunities} id={(one) => `${one.client_id} ${one.service}`}
      sortBy="value" descending pageSize={8}
      description="The most promising first: the chance that a client buys a service, times what it would pay." empty={<Empty title="Nothing to propose">{answer.opportunities_reason}</Empty>}
      columns={[
        { id: "client", header: "Client", value: (one) => one.client_name, cell: (one) => <Link href={hrefOf(`agents/client-health?client=${encodeURIComponent(one.client_id)}`)} onFollow={follow}>{one.client_name}</Link> },
        { id: "service", header: "Service", value: (one) => one.service },
        { id: "p", header: "Chance to buy it", value: (one) => one.probability, cell: (one) => `${percent(one.probability)} within ${one.within_days} days` },
        { id: "monthly", header: "Would pay a month", value: (one) => one.expected_monthly, cell: (one) => money(one.expected_monthly, currency) },
        { id: "value", header: "Chance times pay", value: (one) => one.expected_value, cell: (one) => money(one.expected_value, currency) },
        { id: "why", header: "Evidence", value: (one) => one.reasons.join("; "), cell: (one) => (
          <span>{one.reasons.map(sentence).join(" ")} Like it, among others: {one.evidence.slice(0, 3).map((n) => n.name).join(", ")}.</span>
        ) },
      ]} />
  );
}
