import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Select, { type SelectProps } from "@cloudscape-design/components/select";
import Slider from "@cloudscape-design/components/slider";
import Textarea from "@cloudscape-design/components/textarea";
import { useEffect, useMemo, useState } from "react";

import { get } from "../../api/client";
import { useGet } from "../../api/hooks";
import type { Row } from "../../api/types";
import { useParam } from "../../app/router";
import { words } from "../../parts/wording";

const OWN = "pasted values";
interface Props {
  busy: boolean;
  send: (question: Record<string, unknown>, clients: Record<string, string>) => void;
}

/** Which series: a client's stored metric, or values that are pasted. */
export function Choose({ busy, send }: Props) {
  const [client, setClient] = useParam("client");
  const [metric, setMetric] = useParam("metric", "cpu_percent");
  const [sensitivity, setSensitivity] = useState(0.5);
  const [pasted, setPasted] = useState("");
  const [slip, setSlip] = useState("");
  const clients = useGet<{ items: Row[] }>("/records/clients", { limit: 1000 });
  // Without a choice, the page opens with a client of whom something is measured.
  const any = useGet<{ items: Row[] }>(client ? null : "/records/metrics", { limit: 1 });
  useEffect(() => {
    const first = any.data?.items[0]?.["client_id"];
    if (!client && typeof first === "string") setClient(first);
  }, [any.data]);
  const own = client === OWN;
  // A look at some rows of the client says what is measured there.
  const sample = useGet<{ items: Row[] }>(client && !own ? "/records/metrics" : null, { client_id: client, limit: 200 });
  const metrics = useMemo(() => [...new Set((sample.data?.items ?? []).map((row) => String(row["metric_type"])))].sort(), [sample.data]);
  const names = useMemo(() => Object.fromEntries((clients.data?.items ?? []).map((row) => [row.id, String(row["name"] ?? row.id)])), [clients.data]);
  useEffect(() => {
    if (metrics.length && !metrics.includes(metric)) setMetric(metrics[0] ?? metric);
  }, [metrics]);
  const options: SelectProps.Option[] = [
    ...Object.entries(names).map(([value, label]) => ({ value, label })),
    { value: OWN, label: "Values that I paste", description: "Numbers at even steps, oldest first" },
  ];
  const detect = async () => {
    if (!client) return setSlip("Choose a client, or paste values.");
    setSlip("");
    if (!own) return send({ metric_type: metric, client_id: client, sensitivity }, names);
    const values = pasted.split(/[\s,;]+/).filter(Boolean).map(Number);
    if (!values.length || values.some((value) => !Number.isFinite(value))) return setSlip("These are not all numbers.");
    return send({ metric_type: "pasted", values, sensitivity }, names);
  };
  return (
    <Container header={<Header variant="h2" description="A client's stored readings, or numbers that you paste.">Which series</Header>}
      footer={<Button variant="primary" loading={busy} onClick={() => void detect()}>Find what is unusual</Button>}>
      <Grid gridDefinition={[{ colspan: { default: 12, s: 5 } }, { colspan: { default: 12, s: 3 } }, { colspan: { default: 12, s: 4 } }, ...(own ? [{ colspan: 12 }] : [])]}>
        <FormField label="Client" errorText={slip}>
          <Select filteringType="auto" selectedOption={options.find((one) => one.value === client) ?? null} options={options}
            placeholder="Choose a client" onChange={({ detail }) => setClient(detail.selectedOption.value ?? "")}
            statusType={clients.loading ? "loading" : "finished"} empty="No client is stored; paste values instead" />
        </FormField>
        <FormField label="What is measured">
          <Select disabled={own || !metrics.length} selectedOption={{ value: metric, label: words(metric) }}
            options={metrics.map((value) => ({ value, label: words(value) }))} onChange={({ detail }) => setMetric(detail.selectedOption.value ?? metric)} />
        </FormField>
        <FormField label={`Sensitivity ${sensitivity}`} description="0 reports next to nothing, 1 nearly everything">
          <Slider value={sensitivity} min={0} max={1} step={0.05} onChange={({ detail }) => setSensitivity(detail.value)} ariaLabel="Sensitivity" />
        </FormField>
        {own && (
          <FormField label="Values" stretch>
            <Textarea value={pasted} rows={4} onChange={({ detail }) => setPasted(detail.value)} placeholder="12 13 12 14 60 13" />
          </FormField>
        )}
      </Grid>
    </Container>
  );
}

/** All stored readings of one client's metric, by device. */
export async function readings(client: string, metric: string): Promise<Record<string, [string, number | null][]>> {
  const found: Record<string, [string, number | null][]> = {};
  let cursor: string | null = null;
  do {
    const page: { items: Row[]; next_cursor: string | null } = await get("/records/metrics", { query: { client_id: client, limit: 1000, cursor } });
    for (const row of page.items) {
      if (row["metric_type"] !== metric) continue;
      (found[String(row["device"] ?? client)] ??= []).push([row.at ?? "", row["value"] as number | null]);
    }
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}
