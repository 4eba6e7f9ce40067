import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { post, request } from "../../api/client";
import { problemOf, useEvents } from "../../api/hooks";
import { usePages } from "../../api/pages";
import type { Problem, ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { save } from "../../parts/files";
import { moment, number, words } from "../../parts/wording";
import { following } from "../data/Whole";
import { verified, type Verdict } from "./verify";

type Page = ReplyOf<"/mesh/receipts">;
type Receipt = Page["items"][number];
const ASKED = { limit: 200 };

/** A signed line for each thing that left. Verified here, in the browser, by the public key. */
export function Receipts() {
  const found = usePages<Receipt, Page>("/mesh/receipts", (one) => one.id, ASKED);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  useEvents(found.again, ["mesh"]);
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work();
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const chain = async (): Promise<string> => {
    let path: string | null = "/mesh/receipts/export";
    let text = "";
    while (path) {
      const reply: Response = await request("GET", path);
      text += await reply.text();
      path = following(reply.headers.get("link"));
    }
    return text;
  };
  const revoke = (one: Receipt) => attempt(async () => {
    await post(`/mesh/receipts/${one.number}/revoke`, {});
    found.again();
  });
  const shown = problem ?? found.problem;
  return (
    <SpaceBetween size="s">
      {shown && <Failure problem={shown} again={found.again} />}
      {verdict && <StatusIndicator type={verdict.good ? "success" : "error"}>{verdict.words}</StatusIndicator>}
      <DataTable title="Receipts" noun="receipt" rows={found.data?.items ?? []} id={(one) => one.id} loading={found.loading && !found.data} pageSize={10}
        description="What left, to whom and when. Epsilon is what it cost of your privacy; each line is signed and holds the one before it."
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Button disabled={!found.data?.items.length} onClick={() => void attempt(async () => setVerdict(await verified(await chain(), found.data?.public_key ?? "")))}>Verify the chain</Button>
            <Button iconName="download" disabled={!found.data?.items.length} onClick={() => void attempt(async () => save("receipts.ndjson", await chain(), "application/x-ndjson"))}>Chain</Button>
          </SpaceBetween>
        }
        empty={<Empty title="Nothing of yours was shared">Once something is, a signed receipt stands here, and you can take it back.</Empty>}
        columns={[
          { id: "number", header: "No.", value: (one) => one.number, width: 80 },
          { id: "at", header: "When", value: (one) => one.at, cell: (one) => moment(one.at) },
          { id: "what", header: "What", value: (one) => words(one.what), heads: true },
          { id: "to", header: "To", value: (one) => (one.recipient === "mesh" ? "the mesh" : one.recipient) },
          { id: "for", header: "For", value: (one) => one.purpose },
          { id: "epsilon", header: "Epsilon", value: (one) => one.epsilon, cell: (one) => (one.epsilon ? number(one.epsilon) : "none"), width: 100 },
          { id: "state", header: "State", value: (one) => (one.revoked ? "taken back" : ""), minWidth: 120, cell: (one) =>
            one.what === "revocation" ? `takes back ${one.revokes ?? ""}` : one.revoked ? "taken back" : <Button variant="inline-link" onClick={() => void revoke(one)} ariaLabel={`Take back receipt ${one.number}`}>Take back</Button> },
        ]} />
      {found.data && <Box variant="small" color="text-body-secondary"><span className="anywhere">Public key (Ed25519): {found.data.public_key}</span></Box>}
    </SpaceBetween>
  );
}
