import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useState } from "react";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";
import { number } from "../../parts/wording";
import { Documents } from "./Documents";
import { Requirement } from "./Requirement";
import { Tree } from "./Tree";
import { WORDS, type Answer } from "./judged";

const FORMS = [
  { format: "html", label: "Report (HTML)", file: "compliance.html" },
  { format: "oscal", label: "OSCAL", file: "compliance.oscal.json" },
];

export function Verdict({ envelope, given }: { envelope: Envelope<Answer>; given: string | null }) {
  const answer = envelope.answer;
  const [chosen, setChosen] = useState(answer.next[0] ?? answer.requirements[0]?.id ?? "");
  const [tab, setTab] = useState("tree");
  const one = answer.requirements.find((each) => each.id === chosen);
  const open = (id: string) => {
    setChosen(id);
    setTab("tree");
  };
  return (
    <Container
      header={<Header variant="h2" description={`${answer.scope}. ${answer.not_known.join(" ")}`}>
        <Link href={answer.url} external variant="secondary" fontSize="heading-m">{answer.name}</Link>
      </Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} forms={FORMS} />}
    >
      <SpaceBetween size="l">
        <KeyValuePairs columns={4} items={[
          { label: "Score", value: `${number(answer.score)} of 100` },
          { label: "Your documents speak of", value: `${number(answer.examined)} % of it` },
          { label: "Requirements met", value: `${answer.counts.met}, and ${answer.counts.partial} in part` },
          { label: "Not met", value: `${answer.counts.missing} missing, ${answer.counts.no_evidence} without evidence` },
        ]} />
        <Tabs activeTabId={tab} onChange={({ detail }) => setTab(detail.activeTabId)} tabs={[
          { id: "tree", label: "Requirements", content: (
            <div className="halves">
              <Tree requirements={answer.requirements} chosen={chosen} choose={setChosen} />
              {one ? <Requirement one={one} documents={answer.documents} first={answer.next.includes(one.id)} /> : <Empty title="Choose a requirement" />}
            </div>
          ) },
          { id: "documents", label: "Evidence in the documents", content: <Documents answer={answer} given={given} /> },
          { id: "crosswalk", label: "Crosswalk", content: <Crosswalk answer={answer} open={open} /> },
        ]} />
      </SpaceBetween>
    </Container>
  );
}

function Crosswalk({ answer, open }: { answer: Answer; open: (id: string) => void }) {
  const rows = answer.requirements.flatMap((one) => one.same_as.map((alike) => ({ one, alike })));
  return (
    <DataTable title="The same elsewhere" noun="pair" headingTag="h3" rows={rows} id={({ one, alike }) => `${one.id} ${alike.framework} ${alike.id}`}
      description="Likeness is computed from shared topics and words; it is no official mapping."
      empty={<Empty title="Nothing alike was found" />}
      columns={[
        { id: "id", header: answer.framework, value: ({ one }) => one.id, cell: ({ one }) => <Link onFollow={(event) => { event.preventDefault(); open(one.id); }} href="#">{one.id}</Link> },
        { id: "title", header: "Requirement", value: ({ one }) => one.title },
        { id: "status", header: "Here", value: ({ one }) => WORDS[one.status] },
        { id: "framework", header: "Framework", value: ({ alike }) => alike.framework },
        { id: "other", header: "Requirement there", value: ({ alike }) => `${alike.id} ${alike.title}` },
        { id: "likeness", header: "Likeness", value: ({ alike }) => alike.likeness, cell: ({ alike }) => number(alike.likeness) },
      ]} />
  );
}
