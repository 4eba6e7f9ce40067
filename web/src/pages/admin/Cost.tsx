import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure, Loading } from "../../parts/Told";
import { moment, money, month, whole } from "../../parts/wording";

type Line = ReplyOf<"/admin/cost">["lines"][number];
const FINE = new Intl.NumberFormat(undefined, { style: "currency", currency: "USD", maximumFractionDigits: 6 });
const fine = (usd: number): string => (usd !== 0 && Math.abs(usd) < 0.01 ? FINE.format(usd) : money(usd));

/** What this month cost so far, line by line, and how the sum comes about. */
export function Cost() {
  const found = useGet<ReplyOf<"/admin/cost">>("/admin/cost");
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  if (!found.data) return <Loading />;
  const cost = found.data;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description={`Up to ${moment(cost.as_of)}${cost.estimate ? "; an estimate, not a bill" : ""}`}>Cost of {month(`${cost.month}-15`)}</Header>}>
        <SpaceBetween size="m">
          <KeyValuePairs columns={2} items={[
            { label: cost.estimate ? "Yours, estimated" : "Yours", value: <Box fontSize="heading-xl">{fine(cost.usd)}</Box> },
            ...(cost.shared_usd ? [{ label: "For all MSPs of this mesh together", value: <Box fontSize="heading-xl">{fine(cost.shared_usd)}</Box> }] : []),
          ]} />
          {cost.notes.map((note) => <Box key={note} color="text-body-secondary">{note}</Box>)}
        </SpaceBetween>
      </Container>
      <DataTable title="Lines of the sum" noun="line" rows={cost.lines} id={(one: Line) => `${one.service} ${one.what}`}
        empty={<Empty title="Nothing was paid for">No question went to a paid model this month.</Empty>} columns={[
          { id: "what", header: "What", value: (one) => one.what, heads: true },
          { id: "service", header: "Service", value: (one) => one.service },
          { id: "quantity", header: "How many", value: (one) => one.quantity, cell: (one) => (one.quantity === null ? "not known" : `${whole(one.quantity)} ${one.unit}`) },
          { id: "usd", header: "US dollars", value: (one) => one.usd, cell: (one) => (one.usd === null ? "price not known" : fine(one.usd)) },
          { id: "how", header: "How it is known", value: (one) => `${one.estimate ? "estimate" : "metered"}${one.shared ? ", for all MSPs" : ""}` },
        ]} />
    </SpaceBetween>
  );
}
