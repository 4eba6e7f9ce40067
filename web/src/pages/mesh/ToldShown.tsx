import { useHas } from "../../api/description";
import { useWork } from "../../api/hooks";
import { whole } from "../../api/pages";
import type { ReplyOf } from "../../api/types";
import { DataTable } from "../../parts/DataTable";
import { Empty, Failure } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import { ago } from "../../parts/wording";

const PATH = "/mesh/sightings/told";
type Shown = ReplyOf<typeof PATH>["items"][number];

/** Which indicators this MSP told the mesh of, all of them. */
export function Told() {
  return useHas(PATH) ? <All /> : null;
}

function All() {
  const found = useWork((signal) => whole<Shown>(PATH, { limit: 1000 }, signal), []);
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  return (
    <DataTable title="Indicators you told of" noun="indicator" rows={found.data ?? []} id={(one) => one.mark} loading={found.loading && !found.data}
      empty={<Empty title="None">They are told of when you analyse a threat and share indicators.</Empty>} pageSize={10}
      columns={[
        { id: "type", header: "Type", value: (one) => one.type },
        { id: "value", header: "Value", heads: true, value: (one) => (one.value === null ? `only a hash left: ${one.mark.slice(0, 16)} …` : defanged(one.value)) },
        { id: "verdict", header: "As", value: (one) => one.verdict },
        { id: "reach", header: "Reaches", value: (one) => one.reach },
        { id: "last", header: "Last", value: (one) => one.last, cell: (one) => ago(one.last) },
        { id: "counts", header: "Counts", value: (one) => (one.counts ? "yes" : "faded") },
      ]} />
  );
}
