import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { useParam } from "../../app/router";
import { words } from "../../parts/wording";
import { Connectors } from "./Connectors";
import { Import } from "./Import";
import { Stored } from "./Stored";
import { Whole } from "./Whole";
import { HINTS, kinds } from "./kinds";

export default function DataPage() {
  const [kind, setKind] = useParam("kind", "clients");
  const [round, setRound] = useState(0);
  const options = kinds().map((value) => ({ value, label: words(value), description: HINTS[value] ?? "" }));
  const changed = () => setRound((before) => before + 1);
  return (
    <SpaceBetween size="l">
      <FormField label="Which rows">
        <Select options={options} selectedOption={options.find((one) => one.value === kind) ?? null} onChange={({ detail }) => setKind(detail.selectedOption.value ?? kind)} />
      </FormField>
      <Stored key={kind} kind={kind} round={round} changed={changed} />
      <Import key={`import ${kind}`} kind={kind} done={changed} />
      <Connectors />
      <Whole />
    </SpaceBetween>
  );
}
