import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { get, post } from "../../api/client";
import { problemOf, useEvents, useWork } from "../../api/hooks";
import { whole } from "../../api/pages";
import type { Problem, ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import { day, number } from "../../parts/wording";

type Page = ReplyOf<"/mesh/sightings">;
type Sighting = Page["items"][number];
const TYPES = ["domain", "ipv4", "ipv6", "url", "sha256", "sha1", "md5", "email", "cve"].map((value) => ({ value, label: value }));

const idOf = (one: Sighting): string => `${one.type} ${one.value}`;

/** Whether other MSPs saw one thing, and what was released to this one. Nobody is ever named. */
export function Sightings() {
  const [type, setType] = useState("domain");
  const [value, setValue] = useState("");
  const [one, setOne] = useState<Sighting | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const released = useWork((signal) => whole<Sighting>("/mesh/sightings", { limit: 1000 }, signal), []);
  useEvents(released.again, ["mesh"]);
  const attempt = async (work: () => Promise<Sighting | null>) => {
    try {
      setOne(await work());
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const look = () => attempt(async () => (await get<Page>("/mesh/sightings", { query: { type, value: value.trim() } })).items[0] ?? null);
  const harmless = () => attempt(() => post<Sighting>("/mesh/sightings/false-positives", { type, value: value.trim() }));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2" description="How many MSPs saw an address, a file or a domain; never which.">Did others see it?</Header>} footer={
        <SpaceBetween size="xs" direction="horizontal">
          <Button variant="primary" disabled={!value.trim()} onClick={() => void look()}>Look it up</Button>
          <Button disabled={!value.trim()} onClick={() => void harmless()}>It is no threat</Button>
        </SpaceBetween>
      }>
        <SpaceBetween size="m">
          {problem && <Failure problem={problem} />}
          <Grid gridDefinition={[{ colspan: { default: 12, s: 3 } }, { colspan: { default: 12, s: 9 } }]}>
            <FormField label="Type"><Select options={TYPES} selectedOption={TYPES.find((each) => each.value === type) ?? null} onChange={({ detail }) => setType(detail.selectedOption.value ?? "domain")} /></FormField>
            <FormField label="Indicator" stretch><Input value={value} spellcheck={false} placeholder="bad.example" onChange={({ detail }) => setValue(detail.value)} /></FormField>
          </Grid>
          {one && <div role="status">{told(one)} {one.simulated && <Simulated />}</div>}
        </SpaceBetween>
      </Container>
      {released.problem ? <Failure problem={released.problem} again={released.again} /> : (
        <DataTable title="What several MSPs saw" noun="sighting" rows={released.data ?? []} id={idOf} loading={released.loading && !released.data}
          empty={<Empty title="Nothing yet">A thing shows here once three MSPs saw it and agreed to share it.</Empty>}
          columns={[
            { id: "type", header: "Type", value: (each) => each.type, width: 120 },
            { id: "value", header: "Indicator", heads: true, value: (each) => defanged(each.value), cell: (each) => <code className="anywhere">{defanged(each.value)}</code> },
            { id: "msps", header: "Seen by MSPs", value: (each) => each.seen_by, cell: (each) => each.seen_by ?? "fewer than 3" },
            { id: "last", header: "Last seen", value: (each) => each.last_seen, cell: (each) => day(each.last_seen) },
            { id: "weight", header: "Weight", value: (each) => each.weight, cell: (each) => number(each.weight) },
          ]} />
      )}
    </SpaceBetween>
  );
}

function told(one: Sighting): string {
  if (one.seen_by == null) return `${defanged(one.value)}: seen by fewer than 3 MSPs that share it, or by none.`;
  return `${defanged(one.value)}: seen by ${one.seen_by} MSPs since ${day(one.since)}, last ${day(one.last_seen)}.`;
}
