/** What this server can do, from its own OpenAPI document: pages ask here before they offer anything. */
import { get } from "./client";
import { Store, useStore } from "./store";

export interface Schema {
  $ref?: string;
  type?: string;
  title?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  maxLength?: number;
  format?: string;
  additionalProperties?: boolean | Schema;
}

export interface Example {
  summary: string;
  value: Record<string, unknown>;
}

interface Content {
  schema: Schema;
  examples?: Record<string, Example>;
}

export interface Operation {
  summary: string;
  tags: string[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}

export interface Description {
  paths: Record<string, Partial<Record<"get" | "post" | "delete" | "put", Operation>>>;
  components: { schemas: Record<string, Schema> };
}

export const description = new Store<Description | null>(null);

export async function readDescription(): Promise<void> {
  description.set(await get<Description>("/openapi.json"));
}

/** Whether the server has the route. Before the description is there, nobody knows: false. */
export function has(path: string, method: "get" | "post" | "delete" = "get"): boolean {
  return Boolean(description.get()?.paths[path]?.[method]);
}

export function useHas(path: string, method: "get" | "post" | "delete" = "get"): boolean {
  return Boolean(useStore(description)?.paths[path]?.[method]);
}

/** The schema behind references and optional unions: `X | null` is X. */
export function resolved(schema: Schema, of: Description): Schema {
  let found = schema;
  for (let depth = 0; found.$ref && depth < 20; depth++) {
    const name = found.$ref.split("/").pop() ?? "";
    found = { ...of.components.schemas[name], ...without(found) };
  }
  const options = (found.anyOf ?? found.oneOf)?.filter((option) => option.type !== "null");
  if (options?.length === 1 && options[0]) return resolved({ ...options[0], ...without(found) }, of);
  return found;
}

function without(schema: Schema): Schema {
  const { $ref: _ref, anyOf: _any, oneOf: _one, ...rest } = schema;
  return rest;
}

/** Other formats that an agent's answer can be had in, by media type. */
export function formats(path: string): string[] {
  const content = description.get()?.paths[path]?.post?.responses["200"]?.content ?? {};
  return Object.keys(content).filter((media) => media !== "application/json");
}
