import { expect, test } from "vitest";

import { first, ofClients, ofCompliance, ofForecast, ofThreats, ofTickets } from "./attention";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const ticket = (id: string, due: string, more: object = {}) => ({ id, due_at: due, status: "new", title: id, ...more });

test("a ticket due soon comes before one due later, and those past due are told of as one", () => {
  const found = ofTickets(
    [ticket("later", "2026-11-23T10:00:00Z"), ticket("soon", "2026-11-22T13:00:00Z"), ticket("late", "2026-11-20T10:00:00Z"), ticket("late too", "2026-11-20T10:00:00Z")],
    NOW,
  );
  expect(first(found).map((one) => one.id)).toEqual(["ticket soon", "tickets late", "ticket later"]);
});

test("tickets that are solved, or not due within a day, are no matter", () => {
  expect(ofTickets([ticket("a", "2026-11-22T13:00:00Z", { resolved_at: "2026-11-22T11:00:00Z" }), ticket("b", "2026-12-30T10:00:00Z")], NOW)).toEqual([]);
});

test("a client counts when it is likely to leave or when that rose quickly", () => {
  const client = (id: string, churn_probability: number, change: number) => ({ client_id: id, name: id, churn_probability, change, drivers: [], action: null, monthly_revenue: null });
  const ranking = { clients: [client("likely", 0.5, 0), client("risen", 0.15, 0.12), client("fine", 0.05, 0.01)], horizon_days: 90 };
  expect(ofClients(ranking as never).map((one) => one.id)).toEqual(["client likely", "client risen"]);
});

test("a forecast counts when its next month lies below the last one", () => {
  const stored = (expected: number) => ({ result_id: "r", answer: { currency: "USD", total: { last: 100, steps: [{ expected }] } } });
  expect(ofForecast(stored(90))[0]?.what).toContain("10 %");
  expect(ofForecast(stored(99))).toEqual([]);
});

test("a control without evidence is named with what to do about it", () => {
  const answer = { framework: "HIPAA", next: ["1"], requirements: [{ id: "1", title: "Risk", status: "no_evidence", weight: 3, reason: "Nothing." }] };
  expect(ofCompliance({ result_id: "r", answer })[0]).toMatchObject({ to: "agents/security-compliance?result=r", what: "HIPAA: 1 control without evidence" });
});

test("one report is one matter, however much was found in it, and its addresses are defanged", () => {
  const thing = (value: string, result: string) => ({ kind: "domain", value, name: "", severity: "CRITICAL", threat_types: ["ransomware"], first_seen: "2026-11-22T11:00:00Z", last_seen: "2026-11-22T11:00:00Z", results: [result] });
  const found = ofThreats({ threats: [thing("a.example", "r1"), thing("b.example", "r1"), thing("c.example", "r2")] } as never, NOW);
  expect(found.map((one) => one.to)).toEqual(["agents/threat-intelligence?result=r1", "agents/threat-intelligence?result=r2"]);
  expect(found[0]).toMatchObject({ what: "Ransomware, last seen 1 hour ago", evidence: "a[.]example, b[.]example" });
});
