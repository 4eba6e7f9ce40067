import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { useStatuses } from "../../app/statuses";
import { DataTable } from "../../parts/DataTable";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure } from "../../parts/Told";
import { words } from "../../parts/wording";

const SCORE = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
/** Names of others' making stay as they are written: all-MiniLM-L6-v2. */
const called = (name: string): string => (/[A-Z]/.test(name) ? name : words(name));
type Model = ReplyOf<"/admin/models">["items"][number];

/** The models that answer, by their files' own hashes, with what they learnt from and what was measured. */
export function Models() {
  const found = useGet<ReplyOf<"/admin/models">>("/admin/models");
  const agents = useStatuses();
  const [chosen, setChosen] = useState("");
  const users = (one: Model) => one.used_by.map((slug) => agents.find((agent) => agent.agent === slug)?.title ?? words(slug)).join(", ");
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  const rows = found.data?.items ?? [];
  const one = rows.find((model) => model.name === chosen);
  return (
    <SpaceBetween size="m">
      <DataTable title="Models" noun="model" rows={rows} id={(model) => model.name} loading={found.loading && !found.data} empty={<Empty title="No agent loads a model" />}
        selected={chosen} onSelect={(model) => setChosen(model.name)}
        description={<>Models that come with the mesh have one version, its newest. Versions that MSPs trained together, with a way back, stand under <Link href={hrefOf("agents/federated-learning")} onFollow={follow}>Federated learning</Link>.</>}
        columns={[
          { id: "name", header: "Model", value: (model) => called(model.name), heads: true },
          { id: "agents", header: "Used by", value: users },
          { id: "version", header: "Version", value: (model) => model.version ?? "", width: 110 },
          { id: "state", header: "State", value: (model) => (model.loaded ? "there" : (model.problem ?? "missing")), cell: (model) => <StatusIndicator type={model.loaded ? "success" : "warning"}>{model.loaded ? "there" : (model.problem ?? "missing")}</StatusIndicator> },
          { id: "learnt", header: "Learnt from", value: (model) => (model.simulated ? "simulated rows" : model.loaded ? "public texts" : ""), cell: (model) => (model.simulated ? <Simulated /> : model.loaded ? "public sources" : "–") },
          { id: "hash", header: "SHA-256", value: (model) => model.sha256 ?? "", cell: (model) => <code title={model.sha256 ?? ""}>{model.sha256?.slice(0, 16) ?? "–"}</code> },
        ]} />
      {one && <Card one={one} close={() => setChosen("")} />}
    </SpaceBetween>
  );
}

function Card({ one, close }: { one: Model; close: () => void }) {
  const scores = Object.entries(one.scores ?? {});
  return (
    <Container header={<Header variant="h2" actions={<Button onClick={close}>Close</Button>}>{called(one.name)}</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs columns={2} items={[
          { label: "Made from", value: <span className="anywhere">{one.source ?? "–"}</span> },
          { label: "Licence", value: <span className="anywhere">{one.licence ?? "–"}</span> },
          { label: "Built with", value: <span className="anywhere">{one.built_with ?? "–"}</span> },
          { label: "SHA-256", value: <code className="anywhere">{one.sha256 ?? "–"}</code> },
        ]} />
        {scores.length > 0 ? (
          <KeyValuePairs columns={3} items={scores.map(([name, value]) => ({ label: name, value: SCORE.format(value) }))} />
        ) : <Box color="text-body-secondary">Its card holds no scores; those of its agent stand in the agent's own card.</Box>}
      </SpaceBetween>
    </Container>
  );
}
