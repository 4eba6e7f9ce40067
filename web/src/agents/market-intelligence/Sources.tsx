import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { day } from "../../parts/wording";
import { Tone } from "./Mood";
import type { Answer } from "./page";

export function Sources({ answer }: { answer: Answer }) {
  return (
    <DataTable title="Sources" noun="text" rows={answer.texts} id={(one) => one.source} pageSize={10}
      description={`Read: ${answer.read}. ${answer.mentions.slice(0, 6).map((one) => `${one.name} (${one.texts})`).join(", ")}`}
      empty={<Empty title="Nothing was read">Import articles under Data, or paste texts above.</Empty>}
      columns={[
        { id: "title", header: "Text", value: (one) => one.title ?? one.source },
        { id: "at", header: "Date", value: (one) => one.at, cell: (one) => day(one.at), width: 130 },
        { id: "tone", header: "Sounds", value: (one) => one.tone, cell: (one) => <Tone tone={one.tone} />, width: 120 },
        { id: "counts", header: "About the question", value: (one) => (one.counts ? "yes" : "no"), width: 130 },
        { id: "topics", header: "Topics", value: (one) => one.topics.map((each) => each.topic).join(", ") },
        { id: "sentence", header: "Deciding sentence", value: (one) => one.deciding?.text, cell: (one) => <span className="anywhere">{one.deciding?.text ?? "–"}</span> },
      ]} />
  );
}
