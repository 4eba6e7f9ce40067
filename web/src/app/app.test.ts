import { expect, test } from "vitest";

import { codeIn } from "./entrance";
import { parse } from "./router";

test("an address is parted into a page and its parameters, whatever was escaped in it", () => {
  expect(parse("/app/agents/client-health", "?client=c%2F7")).toMatchObject({ parts: ["agents", "client-health"] });
  expect(parse("/app/agents/client-health", "?client=c%2F7").params.get("client")).toBe("c/7");
  expect(parse("/app/results/a%2Fb", "").parts).toEqual(["results", "a/b"]);
  expect(parse("/app/%E0%A4%A", "").parts).toEqual(["%E0%A4%A"]);
  expect(parse("/", "").parts).toEqual([]);
});

test("the one-time code is read from the fragment, which is never sent", () => {
  expect(codeIn("#enter=abc")).toBe("abc");
  expect(codeIn("#other")).toBeNull();
});
