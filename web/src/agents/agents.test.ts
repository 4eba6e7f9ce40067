import { expect, test } from "vitest";

import { learntFrom } from "./client-health/learnt";
import { probability, steps } from "./client-health/waterfall";
import { drawn } from "./nlp-query/drawn";
import { snapped } from "./resource-allocation/planning";
import { question } from "./revenue-optimization/fan";
import { branches, parent } from "./security-compliance/judged";
import { matrix } from "./threat-intelligence/answer";
import { palette } from "../parts/palette";

test("the steps of a waterfall lead from any client to this one, however many drivers are put together", () => {
  const drivers = [{ words: "a", effect: 1 }, { words: "b", effect: -2 }, { words: "c", effect: 0.25 }];
  expect(steps(-3, drivers).at(-1)?.to).toBeCloseTo(-3.75);
  const few = steps(-3, drivers, 1);
  expect(few.map((one) => one.name)).toEqual(["b", "2 others"]);
  expect(few.at(-1)?.to).toBeCloseTo(-3.75);
  expect(probability(0)).toBe(0.5);
});

test("of a model that MSPs learnt together the page says by how many, which version and what it cost", () => {
  const lineage = { version: "v7", parent: "v6", made_at: "2026-11-01T00:00:00Z", sites: 9, epsilon: 1.5 };
  const shared = { scope: "shared", trained_on: "records that stayed where they are", simulated: false, snapshots: null, departures: null, sha256: "", lineage } as const;
  expect(learntFrom(shared)).toBe("The model was learnt together by 9 MSPs, each of which kept its records: version v7, epsilon 1.5 a client.");
  expect(learntFrom(shared, ["Learnt together by 9 MSPs (version v7); not calibrated."])).toBe("Learnt together by 9 MSPs (version v7); not calibrated.");
  expect(learntFrom({ ...shared, lineage: null, departures: 795 }, ["Simulated."])).toBe("The model learnt from records that stayed where they are (795 departures). Simulated.");
});

test("sliders at rest ask for no scenario; moved ones for what they say, from next month on", () => {
  expect(question(180, 0, 0, 100)).toEqual({ period_days: 180 });
  const asked = question(180, 10, 2, 90, new Date("2026-12-15T00:00:00Z"));
  expect(asked["scenarios"]).toEqual([{ name: "What if", changes: [
    { kind: "price_change", percent: 10, lost_percent: 2, starts: "2027-01-01T00:00:00.000Z" }, { kind: "renewals", renewal_rate: 0.9 },
  ] }]);
});

test("a task that is dropped somewhere begins at a quarter of an hour inside of the plan", () => {
  const answer = { starts_at: "2026-11-22T12:07:00Z", ends_at: "2026-11-23T12:07:00Z" } as never;
  expect(snapped(Date.parse("2026-11-22T14:02:00Z"), answer, 3_600_000)).toBe("2026-11-22T14:15:00.000Z");
  expect(snapped(Date.parse("2026-11-20T00:00:00Z"), answer, 3_600_000)).toBe("2026-11-22T12:15:00.000Z");
});

test("requirements stand under their sections, whatever a framework's ids look like", () => {
  expect(["164.308(a)(1)", "CC6.1", "AC-2", "GV.RM-07", "A.5.8"].map(parent)).toEqual(["164.308", "CC6", "AC", "GV.RM", "A.5"]);
  const leaf = (id: string, status: string) => ({ id, status }) as never;
  const [branch] = branches([leaf("CC6.1", "met"), leaf("CC6.2", "missing")]);
  expect(branch?.leaves.map((one) => one.id)).toEqual(["CC6.2", "CC6.1"]);
  expect(branch?.counts).toMatchObject({ met: 1, missing: 1 });
});

test("techniques stand under each of their tactics, in the order of an attack", () => {
  const found = [{ id: "T2", tactics: ["Impact"] }, { id: "T1", tactics: ["initial-access", "Impact"] }, { id: "T3", tactics: ["brand-new"] }] as never;
  expect(matrix(found).map(([tactic, ones]) => [tactic, ones.map((one) => one.id)])).toEqual([
    ["initial-access", ["T1"]], ["impact", ["T2", "T1"]], ["brand-new", ["T3"]],
  ]);
});

test("a chart specification becomes one series for each colour, and a strange one none", () => {
  const spec = { mark: "bar", encoding: { x: { field: "m" }, y: { field: "v" }, color: { field: "c" } }, data: { values: [{ m: "1", c: "a", v: 1 }, { m: "2", c: "b", v: 2 }] } };
  const option = drawn(spec)?.(palette("light")) as { series: { name: string; data: unknown[] }[] };
  expect(option.series.map((one) => [one.name, one.data])).toEqual([["a", [1, null]], ["b", [null, 2]]]);
  expect(drawn({ mark: "geoshape" })).toBeNull();
});
