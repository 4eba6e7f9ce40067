import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Cards from "@cloudscape-design/components/cards";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { Simulated } from "../../parts/Marks";
import { Empty } from "../../parts/Told";
import { called } from "../../parts/partners";
import { percent, plural, words } from "../../parts/wording";
import { Introduce } from "./Introduce";
import type { Introduction } from "./Introductions";
import type { Answer } from "./page";

type Match = Answer["partners"][number];
const SHOWN = ["region", "segment", "certifications", "capacity_hours"];

interface Props {
  envelope: Envelope<Answer>;
  /** Introductions between this MSP and others: whom one stands with need not be asked again. */
  known: readonly Introduction[];
  introduced: () => void;
}

export function Partners({ envelope, known, introduced }: Props) {
  const answer = envelope.answer;
  const [wanted, setWanted] = useState<Match | null>(null);
  const excluded = answer.excluded.map((one) => `${one.partners} by ${one.constraint}`).join(", ");
  return (
    <SpaceBetween size="m">
      <Cards<Match>
        items={[...answer.partners]}
        trackBy="partner"
        header={
          <Header variant="h2" counter={`(${answer.partners.length})`}
            description={`${plural(answer.considered, "MSP")} can be found; ${answer.fitting} meet what must hold${excluded && ` (left out: ${excluded})`}. Names show once both of you agree to an introduction.`}>
            Partners
          </Header>
        }
        cardDefinition={{
          header: (one) => <span>{called(one.partner)} {one.simulated && <Simulated />}</span>,
          sections: [
            { id: "score", header: "Fit", content: (one) => `${percent(one.score)}. ${one.why}` },
            { id: "covers", header: "Covers", content: (one) => <Covers one={one} /> },
            { id: "lacks", header: "Says nothing of", content: (one) => one.lacks.map((need) => <Badge key={need} color="grey">{need}</Badge>) },
            { id: "card", header: "Shows of itself", content: (one) => <Card card={one.card} /> },
            { id: "act", content: (one) => <Act known={known.find((each) => each.partner === one.partner && each.state !== "declined")} partner={one.partner} ask={() => setWanted(one)} /> },
          ],
        }}
        cardsPerRow={[{ cards: 1 }, { minWidth: 700, cards: 2 }]}
        empty={<Empty title="Nobody fits">Loosen what must hold, or say it in other words. {answer.not_known.join(" ")}</Empty>}
      />
      <Answered envelope={envelope as unknown as Envelope} />
      {wanted && <Introduce partner={wanted.partner} needs={answer.needs} close={() => setWanted(null)} done={introduced} />}
    </SpaceBetween>
  );
}

function Act({ known, partner, ask }: { known: Introduction | undefined; partner: string; ask: () => void }) {
  if (!known) return <Button onClick={ask} ariaLabel={`Ask for an introduction to ${partner}`}>Ask for an introduction</Button>;
  if (known.state === "accepted") return <StatusIndicator type="success">Introduced: {known.name ?? "see below"}</StatusIndicator>;
  return <StatusIndicator type="pending">{known.asked_by_me ? "Asked; they have not answered yet" : "They asked you: answer below"}</StatusIndicator>;
}

function Covers({ one }: { one: Match }) {
  return (
    <ul>
      {one.covers.map((each) => (
        <li key={`${each.need}${each.quote}`}>
          <strong>{each.need}</strong>: “{each.quote}” <Box variant="small" display="inline">({words(each.field)}, {percent(each.likeness)} alike)</Box>
        </li>
      ))}
    </ul>
  );
}

function Card({ card }: { card: Match["card"] }) {
  const shown = SHOWN.filter((name) => card[name] != null).map((name) => {
    const value = card[name];
    return `${name === "capacity_hours" ? "Free hours a month" : words(name)}: ${Array.isArray(value) ? value.join(", ") : String(value)}`;
  });
  return <Box color="text-body-secondary">{shown.join(" · ")}</Box>;
}
