import { expect, test } from "vitest";

import { compared } from "./DataTable";

test("numbers sort as numbers, texts with numbers in them by those, and what is not known last", () => {
  expect([10, 9, null, 1].sort(compared)).toEqual([1, 9, 10, null]);
  expect(["c10", "c9", "c1"].sort(compared)).toEqual(["c1", "c9", "c10"]);
});
