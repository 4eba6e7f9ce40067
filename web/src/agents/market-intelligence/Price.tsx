import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { Quartiles } from "../../parts/Quartiles";
import { day, money, month, number } from "../../parts/wording";
import type { Answer } from "./page";

const STANDING: Record<string, string> = {
  "below p25": "among the cheapest quarter", "p25 to p50": "below the middle", "p50 to p75": "above the middle", "above p75": "among the dearest quarter",
};
const standing = (position: string | null | undefined) => (position ? (STANDING[position] ?? position) : "not known");

/** The own price a seat beside the quartiles of the peers, or why there are none. */
export function Price({ price }: { price: Answer["price"] }) {
  const cash = (amount: number | null | undefined) => money(amount, price.currency ?? "USD");
  const known = price.p25 != null && price.p75 != null && price.p50 != null;
  return (
    <Container header={<Header variant="h2" description={price.month ? `What was invoiced a seat in ${month(`${price.month.slice(0, 7)}-15`)}, over ${price.clients} clients` : undefined}>Price position</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs columns={4} items={[
          { label: "Your price a seat", value: price.own == null ? "no revenue is stored" : cash(price.own) },
          { label: "Half of the peers take", value: known ? `${cash(price.p25)} to ${cash(price.p75)}, the middle one ${cash(price.p50)}` : "withheld" },
          { label: "Where you stand", value: standing(price.position) },
          { label: "Out of", value: price.cohort ? `about ${price.cohort} MSPs, as of ${day(price.as_of)}, with noise for privacy (epsilon ${number(price.epsilon)})` : "–" },
        ]} />
        {known && price.own != null && <Quartiles own={price.own} p25={price.p25 as number} p50={price.p50 as number} p75={price.p75 as number} shown={cash} />}
        {price.withheld && <Alert type="info" header="The peers' prices are withheld">{price.withheld}. They show once enough MSPs share theirs; yours is switched on or off under Mesh.</Alert>}
      </SpaceBetween>
    </Container>
  );
}
