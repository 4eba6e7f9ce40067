import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf, useGet } from "../../api/hooks";
import type { Problem, QuestionOf, ReplyOf } from "../../api/types";
import { follow, hrefOf } from "../../app/router";
import { Failure, Loading } from "../../parts/Told";
import { moment, plural } from "../../parts/wording";

type State = ReplyOf<"/mesh/consent">;
type Change = QuestionOf<"/mesh/consent">;

const TITLES: Record<string, string> = {
  "indicator matching": "Help count threats: tell the mesh which indicators you saw, unreadably",
  "indicator feed": "Pass the indicators themselves on to other MSPs",
  "benchmark benchmarks": "Let your figures count in benchmarks",
  "model-update training": "Take part in training shared models",
  "profile matching": "Be found by MSPs who look for a partner",
};
const UNMARKED = [
  { value: "", label: "Do not share them" },
  { value: "TLP:GREEN", label: "TLP:GREEN: among the MSPs of the mesh" },
  { value: "TLP:CLEAR", label: "TLP:CLEAR: without limit" },
];
const REACH = [
  { value: "mesh", label: "Every MSP that the TLP reaches" },
  { value: "partners", label: "Only those I agreed to meet" },
];

/** What leaves this MSP, in plain words. A switch holds when it has moved. */
export function Consent() {
  const found = useGet<State>("/mesh/consent");
  const [after, setAfter] = useState<State | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const state = after ?? found.data;
  const change = async (body: Change) => {
    try {
      setAfter(await post<State>("/mesh/consent", body));
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  if (!state) return <Loading />;
  const nothing = state.switches.every((one) => !one.granted);
  return (
    <SpaceBetween size="l">
      {problem && <Failure problem={problem} />}
      {nothing && <Alert type="info" header="You share nothing">So you see nothing that rests on others' either, where both is asked for. Each switch below is in force at once, and can be taken back at once.</Alert>}
      <Container header={<Header variant="h2" description={state.since ? `Changed ${plural(state.version, "time")}, last ${moment(state.since)}` : "Never changed"}>What you share</Header>}>
        <SpaceBetween size="l">
          {state.switches.map((one) => {
            const title = TITLES[`${one.what} ${one.purpose}`] ?? `${one.what}: ${one.purpose}`;
            if (one.set_by !== "/mesh/consent") {
              return (
                <Box key={title}>
                  <strong>{title}: {one.granted ? "yes" : "no"}</strong>
                  <Box color="text-body-secondary">Other MSPs see what your profile shares, where it is marked TLP:CLEAR or TLP:GREEN; it is changed there.</Box>
                  <Button variant="inline-link" href={hrefOf("data?kind=profile")} onFollow={follow}>Change your profile</Button>
                </Box>
              );
            }
            return (
              <Toggle key={title} checked={one.granted} description={one.means}
                onChange={({ detail }) => void change({ switches: [{ what: one.what, purpose: one.purpose, granted: detail.checked }] })}>
                {title}
              </Toggle>
            );
          })}
          <FormField label="Indicators that carry no mark of how far they may travel (TLP)">
            <Select options={UNMARKED} selectedOption={UNMARKED.find((one) => one.value === (state.unmarked_tlp ?? "")) ?? null}
              onChange={({ detail }) => void change({ unmarked_tlp: (detail.selectedOption.value || null) as Change["unmarked_tlp"] })} />
          </FormField>
          <FormField label="How far indicators reach">
            <Select options={REACH} selectedOption={REACH.find((one) => one.value === state.indicator_reach) ?? null}
              onChange={({ detail }) => void change({ indicator_reach: detail.selectedOption.value as Change["indicator_reach"] })} />
          </FormField>
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
