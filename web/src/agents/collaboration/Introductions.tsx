import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf, useGet } from "../../api/hooks";
import type { Problem, ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { called } from "../../parts/partners";
import { moment } from "../../parts/wording";

export const PATH = "/collaboration/introductions";
export type Listed = ReplyOf<typeof PATH>;
export type Introduction = Listed["introductions"][number];

export function Introductions({ found }: { found: ReturnType<typeof useGet<Listed>> }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const answer = async (one: Introduction, action: "accept" | "decline") => {
    try {
      await post(PATH, { action, introduction_id: one.id });
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    found.again();
  };
  const shown = problem ?? found.problem;
  return (
    <SpaceBetween size="s">
      {shown && <Failure problem={shown} again={found.again} />}
      <DataTable title="Introductions" noun="introduction" rows={found.data?.introductions ?? []} loading={found.loading && !found.data}
        id={(one) => one.id} empty={<Empty title="None yet">Find a partner above and ask for one; requests of others come here too.</Empty>}
        columns={[
          { id: "who", header: "Partner", value: (one) => one.name ?? called(one.partner) },
          { id: "way", header: "Asked by", value: (one) => (one.asked_by_me ? "you" : "them") },
          { id: "message", header: "Message", value: (one) => one.message, cell: (one) => <span className="anywhere">{one.message}</span> },
          { id: "state", header: "State", value: (one) => one.state },
          { id: "contact", header: "Contact", value: (one) => one.contact ?? "shows once both agreed" },
          { id: "at", header: "Opened", value: (one) => one.opened_at, cell: (one) => moment(one.opened_at) },
          { id: "act", header: "", value: () => "", minWidth: 190, cell: (one) => !one.asked_by_me && one.state === "open" && (
            <SpaceBetween size="xs" direction="horizontal">
              <Button variant="primary" onClick={() => void answer(one, "accept")} ariaLabel={`Accept ${one.partner}`}>Accept</Button>
              <Button onClick={() => void answer(one, "decline")} ariaLabel={`Decline ${one.partner}`}>Decline</Button>
            </SpaceBetween>
          ) },
        ]} />
    </SpaceBetween>
  );
}
