import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";

import type { Envelope } from "../../api/types";
import { Answered } from "../../parts/Answered";
import { DataTable } from "../../parts/DataTable";
import { Legend, Marked } from "../../parts/Marked";
import { Severity } from "../../parts/Marks";
import { Empty } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import { percent, words } from "../../parts/wording";
import { Indicators } from "./Indicators";
import { Matrix } from "./Matrix";
import { spansOf, type Answer } from "./answer";

const LEGEND: [string, string][] = [
  ["technique", "technique"], ["indicator", "indicator"], ["benign", "known benign"], ["vulnerability", "vulnerability"],
];

export function Finding({ envelope, text }: { envelope: Envelope<Answer>; text: string | null }) {
  const answer = envelope.answer;
  const told = `${words(answer.threat_type)}${answer.confidence == null ? "" : `, ${percent(answer.confidence)} sure`}`;
  return (
    <Container
      header={<Header variant="h2" description={answer.summary} info={<Severity level={answer.severity} />}>{told}</Header>}
      footer={<Answered envelope={envelope as unknown as Envelope} forms={[{ format: "stix", label: "STIX 2.1", file: "threat.stix.json" }]} />}
    >
      <Tabs tabs={[
        { id: "why", label: "Why", content: <Why answer={answer} text={text} /> },
        { id: "attack", label: `Techniques (${answer.techniques.length})`, content: <Matrix techniques={answer.techniques} /> },
        { id: "indicators", label: `Indicators (${answer.indicators.length})`, content: <Indicators indicators={answer.indicators} /> },
        { id: "do", label: `What to do (${answer.mitigations.length})`, content: <ToDo answer={answer} /> },
        { id: "holes", label: `Vulnerabilities (${answer.vulnerabilities.length})`, content: <Holes answer={answer} /> },
        { id: "rules", label: `Detections (${answer.detections.length})`, content: <Detections answer={answer} /> },
      ]} />
    </Container>
  );
}

function Why({ answer, text }: { answer: Answer; text: string | null }) {
  return (
    <SpaceBetween size="m">
      {text && (
        <div>
          <Legend kinds={LEGEND} />
          <Marked text={text} spans={spansOf(answer)} label="The text with what was found in it" />
        </div>
      )}
      <DataTable title={`Severity ${Math.round(answer.severity_score)} of 100`} noun="reason" headingTag="h3" rows={answer.reasons}
        id={(one) => `${one.what}${one.evidence}`} empty={<Empty title="Nothing speaks for a threat" />}
        columns={[
          { id: "points", header: "Points", value: (one) => one.points, width: 100 },
          { id: "what", header: "Reason", value: (one) => one.what, heads: true },
          { id: "evidence", header: "Evidence", value: (one) => one.evidence, cell: (one) => <span className="anywhere">{one.evidence}</span> },
        ]} />
      {answer.not_known.length > 0 && (
        <Box color="text-body-secondary">
          Not known:
          <ul>{answer.not_known.map((line) => <li key={line}>{line}</li>)}</ul>
        </Box>
      )}
    </SpaceBetween>
  );
}

function ToDo({ answer }: { answer: Answer }) {
  return (
    <DataTable title="What to do" noun="step" headingTag="h3" rows={answer.mitigations} id={(one) => `${one.source}${one.id}${one.action}`}
      empty={<Empty title="Nothing to do" />}
      columns={[
        { id: "when", header: "When", value: (one) => WHEN[one.when] ?? words(one.when), width: 130 },
        { id: "action", header: "Action", value: (one) => one.action, cell: (one) => <div><strong>{one.action}</strong><div>{one.detail}</div></div>, minWidth: 300, heads: true },
        { id: "because", header: "Because of", value: (one) => one.because.join(", "), width: 240, cell: (one) => <span className="anywhere">{one.because.map(shortly).join(", ")}</span> },
        { id: "source", header: "From", value: (one) => FROM[one.source] ?? words(one.source), width: 140 },
      ]} />
  );
}

const WHEN: Record<string, string> = { now: "1. Now", soon: "2. Then", lasting: "3. To last" };
const FROM: Record<string, string> = { attack: "MITRE ATT&CK", containment: "first response" };
const LONG = 48;
/** Defanged, and a hash by its beginning. */
const shortly = (value: string) => (value.length > LONG ? `${defanged(value).slice(0, LONG)} …` : /[./@]/.test(value) && !/^T\d/.test(value) ? defanged(value) : value);

function Holes({ answer }: { answer: Answer }) {
  return (
    <DataTable title="Vulnerabilities" noun="vulnerability" headingTag="h3" rows={answer.vulnerabilities} id={(one) => one.cve ?? JSON.stringify(one.cvss)}
      empty={<Empty title="None are named" />}
      columns={[
        { id: "cve", header: "CVE", value: (one) => one.cve ?? "by its vector" },
        { id: "cvss", header: "CVSS", value: (one) => one.cvss?.score, cell: (one) => (one.cvss ? `${one.cvss.score} ${one.cvss.rating}` : "not known") },
        { id: "kev", header: "Known to be exploited", value: (one) => (one.in_kev == null ? "not known" : one.in_kev ? `yes, since ${one.kev?.date_added ?? ""}` : "not listed") },
        { id: "epss", header: "Exploited within 30 days (EPSS)", value: (one) => one.epss?.score, cell: (one) => (one.epss ? percent(one.epss.score, 1) : "not known") },
      ]} />
  );
}

function Detections({ answer }: { answer: Answer }) {
  return (
    <DataTable title="Sigma rules that matched" noun="rule" headingTag="h3" rows={answer.detections} id={(one) => one.rule_id}
      empty={<Empty title="No rule matched">Rules read events: send log lines or CloudTrail records.</Empty>}
      columns={[
        { id: "level", header: "Level", value: (one) => one.level, cell: (one) => <Severity level={one.level} />, width: 120 },
        { id: "title", header: "Rule", value: (one) => one.title },
        { id: "count", header: "Events", value: (one) => one.count ?? 1, width: 90 },
        { id: "fields", header: "What matched", value: (one) => (one.fields ?? []).map((pair) => pair.join(" = ")).join("; ") },
      ]} />
  );
}
