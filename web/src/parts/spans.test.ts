import { expect, test } from "vitest";

import { defanged, pieces } from "./spans";

const span = (start: number, end: number, kind = "x") => ({ start, end, kind, title: kind });

test("a text is cut where spans begin and end, and nothing of it is lost", () => {
  const found = pieces("see bad.example now", [span(4, 15)]);
  expect(found.map((one) => one.text)).toEqual(["see ", "bad.example", " now"]);
  expect(found.map((one) => one.spans.length)).toEqual([0, 1, 0]);
});

test("spans that lie over each other both mark what they share, the shorter one last", () => {
  const found = pieces("abcdef", [span(2, 4, "inner"), span(0, 6, "outer")]);
  expect(found.map((one) => one.text)).toEqual(["ab", "cd", "ef"]);
  expect(found[1]?.spans.map((one) => one.kind)).toEqual(["outer", "inner"]);
});

test("offsets count characters as the API does, not the two halves of an emoji", () => {
  const found = pieces("🙂 evil.example", [span(2, 14)]);
  expect(found.at(-1)?.text).toBe("evil.example");
});

test("a span outside of the text marks nothing", () => {
  expect(pieces("short", [span(3, 99), span(4, 2)]).map((one) => one.text)).toEqual(["short"]);
});

test("a defanged address opens nowhere", () => {
  expect(defanged("https://evil.example/a")).toBe("hxxps://evil[.]example/a");
  expect(defanged("a@evil.example")).toBe("a[@]evil[.]example");
});

test("the id of a technique is no address", () => {
  expect(defanged("T1021.001")).toBe("T1021.001");
  expect(defanged("t1021.example")).toBe("t1021[.]example");
});
