import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { day } from "../../parts/wording";
import { WORDS, type Answer, type Judged } from "./judged";

/** One requirement: how it stands, the sentences that show it, what to write, what an auditor wants to see. */
export function Requirement({ one, documents, first }: { one: Judged; documents: Answer["documents"]; first: boolean }) {
  const titleOf = (id: string) => documents.find((each) => each.id === id)?.title ?? id;
  return (
    <section aria-label={`Requirement ${one.id}`}>
      <SpaceBetween size="s">
        <Box variant="h3">{one.id} {one.title}</Box>
        <SpaceBetween size="xs" direction="horizontal">
          <Badge color={one.status === "met" ? "green" : one.status === "missing" ? "red" : "grey"}>{WORDS[one.status]}</Badge>
          <Badge>weight {one.weight} of 3</Badge>
          {first && <Badge color="blue">do this first</Badge>}
        </SpaceBetween>
        <Box variant="p">{one.wording}</Box>
        <Box variant="p"><strong>{one.reason}</strong></Box>
        {one.evidence.map((quote, index) => (
          <blockquote key={index} className="quote">
            <mark className={`mark mark-${quote.claim}`}>{quote.quote}</mark>
            <footer>
              {titleOf(quote.document)}{quote.dated && `, ${day(quote.dated)}`}{quote.stale && ", out of date"}: {quote.claim.replace("_", " ")}. {quote.why}
            </footer>
          </blockquote>
        ))}
        {one.write.length > 0 && <Listed title="What to write or do" lines={one.write} />}
        {one.show.length > 0 && <Listed title="What an auditor would want to see" lines={one.show} />}
        {one.same_as.length > 0 && (
          <Listed title="The same in other frameworks" lines={one.same_as.map((each) => `${each.framework} ${each.id}: ${each.title}`)} />
        )}
      </SpaceBetween>
    </section>
  );
}

function Listed({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <div>
      <Box variant="h4">{title}</Box>
      <ul>{lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </div>
  );
}
