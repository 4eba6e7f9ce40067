import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import Slider from "@cloudscape-design/components/slider";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useEffect, useState } from "react";

import { get, post } from "../../api/client";
import { problemOf, useEvents, useGet } from "../../api/hooks";
import type { AgentStatus, Envelope, Job, Problem } from "../../api/types";
import { useParam } from "../../app/router";
import { Failure } from "../../parts/Told";
import { Training } from "./Training";
import { Versions } from "./Versions";
import { type Answer, type Progress, type Status, ofAnswer } from "./rounds";

const KINDS = [{ value: "churn", label: "Who may leave" }, { value: "threat_techniques", label: "Techniques in reports" }];
const LOOK_AGAIN_MS = 2000;

export default function FederatedPage({ agent }: { agent: AgentStatus }) {
  const [kind, setKind] = useState("churn");
  const [epsilon, setEpsilon] = useState(1);
  const [rounds, setRounds] = useState(20);
  const [rehearse, setRehearse] = useState(true);
  const [jobId, setJobId] = useParam("job");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [result] = useParam("result");
  const status = useGet<Status>("/federated/status");
  const job = useGet<Job>(jobId ? `/jobs/${encodeURIComponent(jobId)}` : null);
  const kept = useGet<Envelope<Answer>>(resultOf(job.data, result));
  const going = Boolean(jobId) && (!job.data || job.data.state === "waiting" || job.data.state === "running");
  useEvents(() => { status.again(); if (jobId) job.again(); }, [agent.agent, "jobs"]);
  useEffect(() => {
    if (!going) return;
    const timer = window.setInterval(() => { status.again(); job.again(); }, LOOK_AGAIN_MS);
    return () => window.clearInterval(timer);
  }, [going]);
  const train = async () => {
    const question = { model_type: kind, privacy_epsilon: epsilon, rounds, ...(rehearse ? { rehearsal: { sites: 5, records: 2000, seed: 1 } } : {}) };
    try {
      const taken = await post<{ job_id: string }>(agent.route, question, { headers: { prefer: "respond-async" } });
      setProblem(null);
      setJobId(taken.job_id);
      await get(`/jobs/${taken.job_id}`);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const running = status.data?.trainings.find((one) => one.state === "running");
  const shown: Progress | null = running ?? (kept.data ? ofAnswer(kept.data) : (status.data?.trainings[0] ?? null));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Train together</Header>} footer={<Button variant="primary" loading={going} onClick={() => void train()}>{rehearse ? "Rehearse" : "Train"}</Button>}>
        <Grid gridDefinition={Array.from({ length: 4 }, () => ({ colspan: { default: 12, s: 6, m: 3 } }))}>
          <FormField label="What is learnt"><Select options={KINDS} selectedOption={KINDS.find((one) => one.value === kind) ?? null} onChange={({ detail }) => setKind(detail.selectedOption.value ?? kind)} /></FormField>
          <FormField label={`Privacy budget: epsilon ${epsilon}`} description="Lower hides each client's record better and learns less"><Slider value={epsilon} min={0.1} max={10} step={0.1} ariaLabel="Epsilon" onChange={({ detail }) => setEpsilon(detail.value)} /></FormField>
          <FormField label={`${rounds} rounds`} description="More learn better and take longer"><Slider value={rounds} min={2} max={100} step={1} ariaLabel="Rounds" onChange={({ detail }) => setRounds(detail.value)} /></FormField>
          <Toggle checked={rehearse} onChange={({ detail }) => setRehearse(detail.checked)} description="Five made-up sites; nobody's records are touched.">Rehearse</Toggle>
        </Grid>
      </Container>
      {problem && <Failure problem={problem} />}
      {status.problem && <Failure problem={status.problem} again={status.again} />}
      {job.data?.state === "dead" && <Failure problem={(job.data.problem ?? { title: "The training failed", detail: "" }) as never} />}
      {going && !running && <Alert type="info" header="It is in line">You can leave this page; the training goes on, and its answer comes by itself.</Alert>}
      {shown && <Training training={shown} />}
      <Versions versions={status.data?.versions ?? {}} changed={status.again} />
    </SpaceBetween>
  );
}

function resultOf(job: Job | null, linked: string): string | null {
  const id = job?.state === "done" ? job.result_id : linked;
  return id ? `/results/${encodeURIComponent(id)}` : null;
}
