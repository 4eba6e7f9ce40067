import { expect, test } from "vitest";

import { csvRows, mediaOf, preview } from "./kinds";

test("the media type follows from the file's name, else from how the text begins", () => {
  expect(mediaOf("rows.ndjson", "")).toBe("application/x-ndjson");
  expect(mediaOf("", "[{}]")).toBe("application/json");
  expect(mediaOf("", '{"a":1}\n{"a":2}')).toBe("application/x-ndjson");
  expect(mediaOf("", "a,b\n1,2")).toBe("text/csv");
});

test("quotes, commas and line ends inside of a cell stay in it", () => {
  expect(csvRows('a,b\r\n"x, ""y""","1\n2"\r\n', 5)).toEqual([["a", "b"], ['x, "y"', "1\n2"]]);
});

test("what cannot be read shows no rows", () => {
  expect(preview("{no", "application/json").rows).toEqual([]);
});
