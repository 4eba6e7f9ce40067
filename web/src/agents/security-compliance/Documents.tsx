import SpaceBetween from "@cloudscape-design/components/space-between";
import Box from "@cloudscape-design/components/box";

import { useGet } from "../../api/hooks";
import type { Row } from "../../api/types";
import { Legend, Marked } from "../../parts/Marked";
import { Empty, Failure, Loading } from "../../parts/Told";
import { day, plural } from "../../parts/wording";
import { spansIn, type Answer } from "./judged";

const LEGEND: [string, string][] = [["affirmed", "done or required"], ["weak", "weak, planned or in part"], ["denied", "denied"]];

/** The documents themselves, with each sentence that counts for a requirement marked. */
export function Documents({ answer, given }: { answer: Answer; given: string | null }) {
  const texts = answer.documents.filter((one) => one.kind !== "reading");
  if (!texts.length) return <Empty title="No document was judged">Store policies under Data, or paste a text above.</Empty>;
  return (
    <SpaceBetween size="l">
      <Legend kinds={LEGEND} />
      {texts.map((one) => (
        <div key={one.id}>
          <Box variant="h3">{one.title}</Box>
          <Box color="text-body-secondary">{one.dated ? day(one.dated) : "no date"}{one.stale && ", out of date"}; {plural(one.passages, "passage")} that claim something</Box>
          {one.kind === "question" ? (
            given === null ? <Empty title="The text was not kept">Only its quotes are stored with the answer.</Empty>
              : <Marked text={given} spans={spansIn(answer, one.id)} label={one.title} />
          ) : <Stored id={one.id} title={one.title} answer={answer} />}
        </div>
      ))}
    </SpaceBetween>
  );
}

function Stored({ id, title, answer }: { id: string; title: string; answer: Answer }) {
  const row = useGet<Row>(`/records/policies/${encodeURIComponent(id)}`);
  if (row.problem) return <Failure problem={row.problem} />;
  if (!row.data) return <Loading />;
  return <Marked text={String(row.data["text"] ?? "")} spans={spansIn(answer, id)} label={title} />;
}
