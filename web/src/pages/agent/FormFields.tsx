import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";

import type { Field } from "./fields";

interface Props {
  fields: Field[];
  typed: Record<string, string>;
  onType: (name: string, text: string) => void;
}

export function FormFields({ fields, typed, onType }: Props) {
  return (
    <SpaceBetween size="m">
      {fields.map((field) => (
        <FormField
          key={field.name}
          label={field.label}
          description={field.hint}
          constraintText={field.kind === "json" ? "As JSON" : field.required ? "Needed" : ""}
          stretch={field.kind === "long" || field.kind === "json"}
        >
          <Control field={field} text={typed[field.name] ?? ""} onType={(text) => onType(field.name, text)} />
        </FormField>
      ))}
    </SpaceBetween>
  );
}

function Control({ field, text, onType }: { field: Field; text: string; onType: (text: string) => void }) {
  const otherwise = field.otherwise === undefined || field.otherwise === null ? "" : String(field.otherwise);
  if (field.kind === "flag") {
    return (
      <Toggle checked={(text || otherwise) === "true"} onChange={({ detail }) => onType(String(detail.checked))}>
        {(text || otherwise) === "true" ? "Yes" : "No"}
      </Toggle>
    );
  }
  if (field.kind === "choice") {
    const options = field.choices.map((value) => ({ value, label: value }));
    const chosen = options.find((option) => option.value === (text || otherwise)) ?? null;
    return (
      <Select options={options} selectedOption={chosen} placeholder="Choose"
        onChange={({ detail }) => onType(detail.selectedOption.value ?? "")} />
    );
  }
  if (field.kind === "long" || field.kind === "json") {
    return (
      <Textarea value={text} rows={field.kind === "long" ? 6 : 3} spellcheck={field.kind === "long"}
        onChange={({ detail }) => onType(detail.value)} />
    );
  }
  return (
    <Input value={text} placeholder={otherwise} inputMode={field.kind === "number" ? "decimal" : "text"}
      onChange={({ detail }) => onType(detail.value)} />
  );
}
