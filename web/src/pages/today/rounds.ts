/** The morning round: a question to each agent whose answer the list of today reads. */
import { get, post } from "../../api/client";
import { has } from "../../api/description";
import { problemOf } from "../../api/hooks";
import { Store } from "../../api/store";
import type { Row } from "../../api/types";

export interface Step {
  label: string;
  state: "waiting" | "running" | "done" | "failed" | "nothing";
  detail: string;
}

const WEEK_MS = 7 * 86_400_000;
export const round = new Store<{ running: boolean; steps: Step[] }>({ running: false, steps: [] });

interface Duty {
  label: string;
  route: string;
  /** null: there is nothing to ask about. */
  question: () => Promise<Record<string, unknown> | null>;
}

const DUTIES: Duty[] = [
  {
    label: "Threats in this week's security events",
    route: "/threat-intelligence/analyze",
    question: async () => {
      const since = new Date(Date.now() - WEEK_MS).toISOString();
      const { items } = await get<{ items: Row[] }>("/records/security-events", { query: { since, limit: 1000 } });
      return items.length ? { events: items.map((row) => row["event"]) } : null;
    },
  },
  { label: "Revenue of the next six months", route: "/revenue/forecast", question: async () => ({ period_days: 180 }) },
  {
    label: "Compliance of the stored policies",
    route: "/compliance/check",
    question: async () => {
      const { items } = await get<{ items: Row[] }>("/records/policies", { query: { limit: 100 } });
      const framework = items.map((row) => row["framework"]).find((one) => typeof one === "string");
      return items.length ? { framework: framework ?? "HIPAA" } : null;
    },
  },
  { label: "The plan of the next 24 hours", route: "/resource/optimize", question: async () => ({ tasks: 40, time_window_hours: 24, time_limit_s: 5 }) },
];

/** Runs to its end even if the page is left. */
export async function goRound(): Promise<void> {
  if (round.get().running) return;
  const duties = DUTIES.filter((duty) => has(duty.route, "post"));
  const steps: Step[] = duties.map(({ label }) => ({ label, state: "waiting", detail: "" }));
  const tell = (index: number, change: Partial<Step>) => {
    steps[index] = { ...(steps[index] as Step), ...change };
    round.set({ running: true, steps: [...steps] });
  };
  for (const [index, duty] of duties.entries()) {
    tell(index, { state: "running" });
    try {
      const question = await duty.question();
      if (question) await post(duty.route, question);
      tell(index, question ? { state: "done" } : { state: "nothing", detail: "nothing is stored to look at" });
    } catch (error) {
      tell(index, { state: "failed", detail: problemOf(error).detail });
    }
  }
  round.set({ running: false, steps: [...steps] });
}
