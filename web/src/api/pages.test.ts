import { expect, test, vi } from "vitest";

import { setConfig } from "./client";
import { merged, walk, whole, type PageOf } from "./pages";

function server(rows: number, size: number): (cursor: string | null) => Promise<PageOf<number>> {
  return (cursor) => {
    const start = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(size, rows - start) }, (_, index) => start + index);
    const end = start + items.length;
    return Promise.resolve({ items, next_cursor: end < rows ? String(end) : null });
  };
}

async function all(rows: number, size: number, most?: number): Promise<number[]> {
  const found: number[] = [];
  for await (const page of walk(server(rows, size), null, most)) found.push(...page.items);
  return found;
}

test("a list is walked to its end, page by page, and nothing is read twice", async () => {
  expect(await all(10_000, 200)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  expect(await all(0, 200)).toEqual([]);
});

test("it stops where there are more rows than fit", async () => {
  expect((await all(5_000, 200, 1_000)).length).toBe(1_000);
});

test("what is new stands before what is known, and what changed takes its place", () => {
  const known = [{ id: "b", state: "waiting" }, { id: "a", state: "done" }];
  const fresh = [{ id: "c", state: "waiting" }, { id: "b", state: "done" }];
  expect(merged(known, fresh, (one) => one.id)).toEqual([{ id: "c", state: "waiting" }, { id: "b", state: "done" }, { id: "a", state: "done" }]);
});

test("a list that is read as a whole asks for page after page until there is none", async () => {
  const asked: (string | null)[] = [];
  vi.stubGlobal("fetch", (url: URL) => {
    const cursor = url.searchParams.get("cursor");
    asked.push(cursor);
    return Promise.resolve(Response.json({ items: [cursor ?? "first"], next_cursor: cursor === null ? "second" : null }));
  });
  setConfig({ api: "https://mesh.example", socket: "" });
  expect(await whole<string>("/mesh/sightings", { limit: 1 }, new AbortController().signal)).toEqual(["first", "second"]);
  expect(asked).toEqual([null, "second"]);
  vi.unstubAllGlobals();
});
