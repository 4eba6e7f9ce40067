import { useStatuses } from "../../app/statuses";
import { DataTable } from "../../parts/DataTable";
import { Empty } from "../../parts/Told";

/** The models that are loaded, by their files' own hashes. */
export function Models() {
  const rows = useStatuses().flatMap((agent) => agent.models.map((model) => ({ agent: agent.title, model })));
  return (
    <DataTable title="Models" noun="model" rows={rows} id={({ agent, model }) => `${agent} ${model.name}`} empty={<Empty title="No agent loads a model" />}
      columns={[
        { id: "agent", header: "Agent", value: ({ agent }) => agent },
        { id: "name", header: "Model", value: ({ model }) => model.name },
        { id: "version", header: "Version", value: ({ model }) => model.version ?? "", width: 120 },
        { id: "state", header: "State", value: ({ model }) => (model.loaded ? "there" : (model.problem ?? "missing")) },
        { id: "hash", header: "SHA-256", value: ({ model }) => model.sha256 ?? "", cell: ({ model }) => <code title={model.sha256 ?? ""}>{model.sha256?.slice(0, 16) ?? "–"}</code> },
      ]} />
  );
}
