import { expect, test } from "vitest";

import { csv } from "./files";

test("a cell that a spreadsheet would run is made text, and a number stays one", () => {
  expect(csv(["a"], [["=HYPERLINK(1)"], ["-12.5"], ["+x"], ["@y"]])).toBe("a\r\n'=HYPERLINK(1)\r\n-12.5\r\n'+x\r\n'@y\r\n");
});

test("commas, quotes and line ends are quoted", () => {
  expect(csv(["a", "b"], [['say "x"', "1,2\n3"]])).toBe('a,b\r\n"say ""x""","1,2\n3"\r\n');
});
