import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";

import { useHas } from "../../api/description";
import { useEvents, useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { Simulated } from "../../parts/Marks";
import { Empty, Failure, Loading } from "../../parts/Told";
import { defanged } from "../../parts/spans";
import { day, plural } from "../../parts/wording";

const PATH = "/mesh/campaigns";

export function Campaigns() {
  const there = useHas(PATH);
  const found = useGet<ReplyOf<typeof PATH>>(there ? PATH : null, { days: 7 });
  useEvents(found.again, ["mesh"]);
  if (!there) return null;
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!found.data) return <Loading />;
  return (
    <Container header={<Header variant="h2" description="Seen by several MSPs at the same time within 7 days." info={found.data.simulated ? <Simulated /> : undefined}>Campaigns</Header>}>
      {!found.data.campaigns.length && <Empty title="None now">When several MSPs see the same new indicators within a week, they are shown here together.</Empty>}
      {found.data.campaigns.map((one, index) => (
        <div key={index}>
          <Box variant="h3">{plural(one.msps, "other MSP")} since {day(one.since)}</Box>
          <ul>
            {[...one.indicators, ...one.techniques].map((each, place) => (
              <li key={place}>{each.type} {each.value === null ? "that is not passed on" : defanged(each.value)}: {each.msps} MSPs{each.before != null && `, before ${each.before}`}{each.seen_by_you && ", and you"}</li>
            ))}
          </ul>
        </div>
      ))}
    </Container>
  );
}
