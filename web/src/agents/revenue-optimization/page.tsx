import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { ask, useAsking } from "../../api/asking";
import type { AgentStatus, Envelope } from "../../api/types";
import { useKept } from "../../app/kept";
import { useParam } from "../../app/router";
import { Failure, UnderWay } from "../../parts/Told";
import { Forecast } from "./Forecast";
import { Opportunities } from "./Opportunities";
import { PERIODS, question, type Answer } from "./fan";

export default function RevenuePage({ agent }: { agent: AgentStatus }) {
  const [days, setDays] = useParam("days", "180");
  const [result] = useParam("result");
  const [price, setPrice] = useState(0);
  const [lost, setLost] = useState(0);
  const [renewal, setRenewal] = useState(100);
  const asking = useAsking(agent.agent);
  useKept(agent.agent);
  const send = () => void ask(agent.agent, agent.route, question(Number(days), price, lost, renewal));
  useEffect(() => {
    // The page opens with the plain forecast; what-ifs are asked for.
    if (asking.state === "idle" && !result) send();
  }, []);
  const period = PERIODS.find((one) => one.value === days) ?? PERIODS[1];
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">What if</Header>}
        footer={<Button variant="primary" onClick={send} loading={asking.state === "asking"}>Forecast</Button>}>
        <Grid gridDefinition={Array.from({ length: 4 }, () => ({ colspan: { default: 12, s: 6, m: 3 } }))}>
          <FormField label="How far">
            <Select selectedOption={period ?? null} options={PERIODS} onChange={({ detail }) => setDays(detail.selectedOption.value ?? "180")} />
          </FormField>
          <FormField label={`Prices ${price > 0 ? "+" : ""}${price} %`} description="Of all services, from next month">
            <Slider value={price} min={-20} max={30} step={1} onChange={({ detail }) => setPrice(detail.value)} ariaLabel="Change of prices in per cent" />
          </FormField>
          <FormField label={`Lost by it: ${lost} %`} description="Of the revenue that gets dearer">
            <Slider value={lost} min={0} max={30} step={1} onChange={({ detail }) => setLost(detail.value)} ariaLabel="Lost by the change in per cent" />
          </FormField>
          <FormField label={`Renewals: ${renewal} %`} description="Of contracts that run out meanwhile">
            <Slider value={renewal} min={0} max={100} step={5} onChange={({ detail }) => setRenewal(detail.value)} ariaLabel="Share of contracts that are renewed in per cent" />
          </FormField>
        </Grid>
      </Container>
      {asking.state === "asking" && <UnderWay since={asking.startedAt} what="Forecasting, and testing the method on your past" />}
      {asking.problem && asking.state !== "asking" && <Failure problem={asking.problem} again={send} />}
      {asking.envelope && asking.state !== "asking" && (
        <>
          <Forecast envelope={asking.envelope as unknown as Envelope<Answer>} />
          <Opportunities answer={asking.envelope.answer as unknown as Answer} />
        </>
      )}
    </SpaceBetween>
  );
}
