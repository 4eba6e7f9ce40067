import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf } from "../../api/hooks";
import type { Problem } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure } from "../../parts/Told";
import { moment, number, words } from "../../parts/wording";
import type { Status } from "./rounds";

export function Versions({ versions, changed }: { versions: Status["versions"]; changed: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const rows = Object.entries(versions).flatMap(([kind, found]) => found.map((one) => ({ kind, ...one })));
  const back = async (kind: string) => {
    try {
      await post("/federated/rollback", { model_type: kind });
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
    changed();
  };
  return (
    <SpaceBetween size="s">
      {problem && <Failure problem={problem} />}
      <DataTable title="Shared models you have" noun="version" rows={rows} id={(one) => `${one.kind} ${one.version}`}
        empty={<Empty title="None yet">Switch on training under Mesh, then train; a model is kept only where it does better than the one in use.</Empty>}
        columns={[
          { id: "kind", header: "Model", value: (one) => words(one.kind) },
          { id: "version", header: "Version", value: (one) => one.version },
          { id: "made", header: "Made", value: (one) => one.made_at, cell: (one) => moment(one.made_at) },
          { id: "sites", header: "Sites", value: (one) => one.sites },
          { id: "epsilon", header: "Epsilon", value: (one) => one.epsilon, cell: (one) => number(one.epsilon) },
          { id: "use", header: "State", value: (one) => (one.in_use ? "in use" : ""), minWidth: 170, cell: (one) => (
            <>
              {one.simulated && <Simulated />} {one.in_use && <Button onClick={() => void back(one.kind)} ariaLabel={`Go back to the version before ${one.version}`}>In use: go back</Button>}
            </>
          ) },
        ]} />
    </SpaceBetween>
  );
}
