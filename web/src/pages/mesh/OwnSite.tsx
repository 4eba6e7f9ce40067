import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { getConfig, remove } from "../../api/client";
import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { Failure, Loading } from "../../parts/Told";
import { moment } from "../../parts/wording";

type State = ReplyOf<"/mesh/site">;

/** Where this MSP's rows stand on a machine of its own: by which key that one takes part in trainings. */
export function OwnSite() {
  const found = useGet<State>("/mesh/site");
  const [after, setAfter] = useState<State | null>(null);
  const [ending, setEnding] = useState(false);
  const state = after ?? found.data;
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!state) return <Loading />;
  return (
    <Container header={
      <Header variant="h2" actions={state.site ? <Button onClick={() => setEnding(true)}>Forget</Button> : undefined}>Your own site</Header>
    }>
      {state.site ? (
        <KeyValuePairs columns={3} items={[
          { label: "Key of the site", value: <Box variant="code">{state.site.fingerprint}</Box> },
          { label: "Known since", value: moment(state.site.since) },
          { label: "Awaited now", value: state.invitations.length ? state.invitations.map((one) => `${one.model_type}, at ${one.superlink}`).join("; ") : "by no training" },
        ]} />
      ) : (
        <SpaceBetween size="xs">
          <Box>In trainings, the rows that you keep here count. If yours are on a machine of your own, run a site there instead: rows stay with it, and it comes to each training by itself.</Box>
          <Box variant="code">./mesh site --msp YOUR_MSP --mesh {getConfig().api} --key site.key --register</Box>
        </SpaceBetween>
      )}
      {ending && (
        <Confirm title="Forget your site?" word="forget" verb="Forget" act={async () => setAfter(await remove<State>("/mesh/site"))} close={() => setEnding(false)}>
          No training lets it in any more, and the rows that you keep here count again. It can be registered anew.
        </Confirm>
      )}
    </Container>
  );
}
