import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";

import { useGet } from "../../api/hooks";
import type { ReplyOf } from "../../api/types";
import { useParam } from "../../app/router";
import { plural, words } from "../../parts/wording";
import { Connectors } from "./Connectors";
import { Held } from "./Held";
import { Import } from "./Import";
import { Stored } from "./Stored";
import { Whole } from "./Whole";
import { HINTS, kinds } from "./kinds";

export default function DataPage() {
  const [kind, setKind] = useParam("kind", "clients");
  const [round, setRound] = useState(0);
  const [mappings, setMappings] = useState(0);
  const stored = useGet<ReplyOf<"/records">>("/records");
  useEffect(() => {
    if (round) stored.again();
  }, [round]);
  const rowsOf = (value: string) => stored.data?.items.find((one) => one.kind === value)?.rows;
  const options = kinds().map((value) => {
    const rows = rowsOf(value);
    return { value, label: words(value), description: HINTS[value] ?? "", ...(rows === undefined ? {} : { labelTag: plural(rows, "row") }) };
  });
  const changed = () => setRound((before) => before + 1);
  return (
    <SpaceBetween size="l">
      <FormField label="Which rows">
        <Select options={options} selectedOption={options.find((one) => one.value === kind) ?? null} onChange={({ detail }) => setKind(detail.selectedOption.value ?? kind)} />
      </FormField>
      <Stored key={kind} kind={kind} round={round} changed={changed} />
      <Import key={`import ${kind}`} kind={kind} round={mappings} done={changed} />
      <Held items={stored.data?.items ?? []} choose={setKind} />
      <Connectors round={round} changed={() => setMappings((before) => before + 1)} />
      <Whole />
    </SpaceBetween>
  );
}
