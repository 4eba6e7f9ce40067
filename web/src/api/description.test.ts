import { expect, test } from "vitest";

import { fieldsOf, questionFrom } from "../pages/agent/fields";
import { settled } from "./config";
import { resolved, type Description } from "./description";

const of: Description = {
  paths: {},
  components: {
    schemas: {
      Question: {
        type: "object",
        required: ["query"],
        properties: {
          query: { type: "string", maxLength: 2000 },
          limit: { anyOf: [{ type: "integer" }, { type: "null" }], default: null, description: "How many" },
          mode: { $ref: "#/components/schemas/Mode" },
          deep: { type: "object" },
          on: { type: "boolean", default: false },
        },
      },
      Mode: { enum: ["a", "b"], type: "string" },
    },
  },
};

test("a field that may be null is of the type it is otherwise, with its own words", () => {
  expect(resolved({ anyOf: [{ type: "integer" }, { type: "null" }], description: "x" }, of)).toMatchObject({ type: "integer", description: "x" });
});

test("a form is made from a question's schema alone", () => {
  const fields = fieldsOf({ $ref: "#/components/schemas/Question" }, of);
  expect(fields.map((one) => [one.name, one.kind, one.required])).toEqual([
    ["query", "long", true], ["limit", "number", false], ["mode", "choice", false], ["deep", "json", false], ["on", "flag", false],
  ]);
});

test("what is typed becomes the question, and a slip names its field", () => {
  const fields = fieldsOf({ $ref: "#/components/schemas/Question" }, of);
  expect(questionFrom(fields, { query: "x", limit: "3", deep: '{"a":1}', on: "true" })).toEqual({ query: "x", limit: 3, deep: { a: 1 }, on: true });
  expect(() => questionFrom(fields, { limit: "many" })).toThrow(/^Limit/);
  expect(() => questionFrom(fields, { deep: "{no" })).toThrow(/^Deep/);
});

test("without addresses the page's own origin is asked; a deployment names both", () => {
  expect(settled({}, "https://mesh.example")).toEqual({ api: "https://mesh.example", socket: "wss://mesh.example/ws" });
  expect(settled({ api: "https://a.example/live/", socket: "wss://s.example/ws" })).toEqual({ api: "https://a.example/live", socket: "wss://s.example/ws" });
});
