import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { Failure, Loading } from "../../parts/Told";
import { moment, whole } from "../../parts/wording";

const counted = (count: number | null): string => (count === null ? "not known" : whole(count));

/** How much may be asked, and how much was. */
export function Rate() {
  const found = useGet<ReplyOf<"/admin/throttle">>("/admin/throttle");
  if (found.problem && !found.data) return <Failure problem={found.problem} again={found.again} />;
  if (!found.data) return <Loading />;
  const use = found.data;
  return (
    <Container header={<Header variant="h2" description="All keys of this MSP share one rate; what is beyond it gets 429 and when to try again."
      actions={<Button iconName="refresh" ariaLabel="Read the rate again" onClick={found.again} />}>Rate</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs columns={4} items={[
          { label: "Allowed", value: `${whole(use.requests_a_second)} requests a second` },
          { label: "At once", value: `up to ${whole(use.burst)}` },
          { label: "This minute", value: counted(use.this_minute) },
          { label: "Today", value: counted(use.today) },
          { label: "This month", value: counted(use.this_month) },
          { label: "Refused today", value: counted(use.refused_today) },
          ...(use.since ? [{ label: "Counted since", value: moment(use.since) }] : []),
        ]} />
        <Box color="text-body-secondary">{use.note}</Box>
      </SpaceBetween>
    </Container>
  );
}
