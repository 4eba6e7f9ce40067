import { expect, test } from "vitest";

import { happened } from "./happened";

const event = (topic: string, type: string, data: object) => ({ id: "1", type, subject: "s", time: "2026-11-22T12:00:00Z", topic, mspid: "m", data }) as never;

test("an agent's news is a sentence without names of fields", () => {
  expect(happened(event("threat-intelligence", "threat.detected", { severity: "CRITICAL", severity_score: 87.6, threat_type: "credential_theft" })))
    .toBe("found credential theft, severity 88 of 100");
  expect(happened(event("resource-allocation", "schedule.planned", { done: 1, left_out: 2, sla_breaches: 0 }))).toBe("planned 1 task, 2 left out, 0 SLA breaches");
});

test("news of which nothing is known here is told with its data, without ids", () => {
  expect(happened(event("mesh", "consent.changed", { version: 2, tenant_id: "x" }))).toBe("changed (version: 2)");
});
