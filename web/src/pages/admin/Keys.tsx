import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { post, remove } from "../../api/client";
import { problemOf, useGet } from "../../api/hooks";
import { session } from "../../api/session";
import type { Problem, QuestionOf, ReplyOf } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { moment } from "../../parts/wording";

type Key = ReplyOf<"/admin/keys">["items"][number];
type Role = NonNullable<QuestionOf<"/admin/keys">["role"]>;
interface Made {
  key: string;
  info: Key;
}
const ROLES: { value: Role; label: string; description: string }[] = [
  { value: "member", label: "Member", description: "Asks the agents, stores rows, shares with the mesh" },
  { value: "admin", label: "Admin", description: "All of that, and looks after keys, feeds and cost" },
];
/** The public part of the key that this page is open with. */
const mine = (): string => session.get().key?.split("_")[1] ?? "";

export function Keys() {
  const found = useGet<ReplyOf<"/admin/keys">>("/admin/keys");
  const [made, setMade] = useState<Made | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [ending, setEnding] = useState<Key | null>(null);
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  const keys = found.data?.items ?? [];
  const revoke = async (one: Key) => {
    await remove(`/admin/keys/${encodeURIComponent(one.key_id)}`);
    found.again();
  };
  return (
    <SpaceBetween size="l">
      {problem && <Failure problem={problem} />}
      {made && <Shown made={made} close={() => setMade(null)} />}
      <Make done={(one) => { setMade(one); setProblem(null); found.again(); }} failed={setProblem} />
      <DataTable title="Keys" noun="key" rows={keys} id={(one) => one.key_id} loading={found.loading && !found.data}
        description="Who may speak for this MSP. Of a key only its id is kept; nobody can read it again."
        empty={<Empty title="No keys" />} columns={[
          { id: "label", header: "For", value: (one) => one.label || "no label", heads: true, cell: (one) => <span className="anywhere">{one.label || "no label"}{one.key_id === mine() ? " (this page's)" : ""}</span> },
          { id: "id", header: "Id", value: (one) => `mesh_${one.key_id}_…`, cell: (one) => <code>mesh_{one.key_id}_…</code> },
          { id: "role", header: "Role", value: (one) => one.role, width: 110 },
          { id: "made", header: "Made", value: (one) => one.created_at, cell: (one) => moment(one.created_at) },
          { id: "used", header: "Last used", value: (one) => one.last_used_at ?? "", cell: (one) => (one.last_used_at ? moment(one.last_used_at) : "not yet") },
          { id: "state", header: "State", value: (one) => (one.revoked_at ? "revoked" : "live"), cell: (one) => <StatusIndicator type={one.revoked_at ? "stopped" : "success"}>{one.revoked_at ? `revoked ${moment(one.revoked_at)}` : "live"}</StatusIndicator> },
          { id: "act", header: "", value: () => "", minWidth: 110, cell: (one) => !one.revoked_at && <Button variant="inline-link" onClick={() => setEnding(one)} ariaLabel={`Revoke the key ${one.label || one.key_id}`}>Revoke</Button> },
        ]} />
      {ending && (
        <Confirm title={`Revoke ${ending.label || ending.key_id}?`} word={ending.key_id} verb="Revoke" act={() => revoke(ending)} close={() => setEnding(null)}>
          Whatever uses this key is refused from now on, and its live connections end at once. This cannot be undone; a new key can be made.
          {ending.key_id === mine() && " It is the key that this page is open with: you will be asked for another one."}
        </Confirm>
      )}
    </SpaceBetween>
  );
}

function Make({ done, failed }: { done: (made: Made) => void; failed: (problem: Problem) => void }) {
  const [label, setLabel] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      done(await post<Made>("/admin/keys", { label, role }));
      setLabel("");
    } catch (error) {
      failed(problemOf(error));
    }
    setBusy(false);
  };
  return (
    <Container header={<Header variant="h2">Make a key</Header>} footer={<Button variant="primary" loading={busy} onClick={() => void make()}>Make the key</Button>}>
      <Grid gridDefinition={[{ colspan: { default: 12, s: 7 } }, { colspan: { default: 12, s: 5 } }]}>
        <FormField label="What it is for" description="A tool or a person, so that you know which one to revoke."><Input value={label} onChange={({ detail }) => setLabel(detail.value)} placeholder="Ticket system" /></FormField>
        <FormField label="What it may do"><Select options={ROLES} selectedOption={ROLES.find((one) => one.value === role) ?? null} onChange={({ detail }) => setRole(detail.selectedOption.value as Role)} /></FormField>
      </Grid>
    </Container>
  );
}

function Shown({ made, close }: { made: Made; close: () => void }) {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(made.key).then(() => setCopied(true), () => setCopied(false));
  return (
    <Alert type="success" dismissible onDismiss={close} header="Copy this key now: it is shown this once"
      action={<Button iconName="copy" onClick={() => void copy()}>{copied ? "Copied" : "Copy the key"}</Button>}>
      <Box variant="code"><span className="anywhere" data-testid="new-key">{made.key}</span></Box>
      <Box color="text-body-secondary">For {made.info.label || "no label"}, role {made.info.role}.</Box>
    </Alert>
  );
}
