/** The fields of a question, read from its schema: what each is called, takes, and says of itself. */
import { resolved, type Description, type Schema } from "../../api/description";
import { words } from "../../parts/wording";

export type Kind = "text" | "long" | "number" | "flag" | "choice" | "json";

export interface Field {
  name: string;
  label: string;
  kind: Kind;
  hint: string;
  required: boolean;
  choices: string[];
  otherwise: unknown;
}

const LONG = 1_000;

export function fieldsOf(question: Schema, of: Description): Field[] {
  const schema = resolved(question, of);
  return Object.entries(schema.properties ?? {}).map(([name, given]) => {
    const field = resolved(given, of);
    const choices = (field.enum ?? []).map(String);
    return {
      name,
      label: words(name),
      kind: choices.length ? "choice" : kindOf(field),
      hint: field.description ?? "",
      required: schema.required?.includes(name) ?? false,
      choices,
      otherwise: field.default,
    };
  });
}

function kindOf(field: Schema): Kind {
  if (field.type === "boolean") return "flag";
  if (field.type === "number" || field.type === "integer") return "number";
  if (field.type === "string") return (field.maxLength ?? 0) >= LONG ? "long" : "text";
  return "json";
}

/** What was typed, as the question that is sent. Raises an Error that names the field. */
export function questionFrom(fields: Field[], typed: Record<string, string>): Record<string, unknown> {
  const question: Record<string, unknown> = {};
  for (const field of fields) {
    const text = typed[field.name] ?? "";
    if (text.trim()) question[field.name] = read(field, text);
  }
  return question;
}

function read(field: Field, text: string): unknown {
  if (field.kind === "flag") return text === "true";
  if (field.kind === "number") {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`${field.label}: "${text}" is not a number`);
    return value;
  }
  if (field.kind !== "json") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    // A list or an object that is not quite one is a slip; other words are meant as a text.
    if (/^\s*[[{]/.test(text)) throw new Error(`${field.label}: ${(error as Error).message}`);
    return text;
  }
}

/** A question as it stands in the form's fields. */
export function typedFrom(question: Record<string, unknown>): Record<string, string> {
  const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 1));
  return Object.fromEntries(Object.entries(question).map(([name, value]) => [name, shown(value)]));
}
