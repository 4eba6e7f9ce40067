import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import { useStatuses } from "../../app/statuses";
import { milliseconds, words } from "../../parts/wording";
import type { PlaybookShown } from "./Playbook";

export interface StepState {
  name: string;
  state: string;
  reason?: string | null;
  took_ms?: number | null;
}

const ICON: Record<string, StatusIndicatorProps.Type> = {
  done: "success", running: "in-progress", failed: "error", skipped: "stopped", waiting: "pending",
};

/** The steps from left to right; those of one column run side by side. With states, how each goes. */
export function Stages({ stages, states }: { stages: PlaybookShown["stages"]; states?: StepState[] }) {
  const agents = useStatuses();
  return (
    <ol className="stages" tabIndex={0} aria-label="Steps">
      {stages.map((stage, index) => (
        <li key={index}>
          {stage.map((step) => {
            const at = states?.find((one) => one.name === step.name);
            return (
              <div key={step.name} className="stage-step" data-state={at?.state ?? "plan"}>
                <strong>{step.title}</strong>
                <div>{step.agent ? (agents.find((one) => one.agent === step.agent)?.title ?? words(step.agent)) : "reads what is stored"}{!step.installed && " (not installed: skipped)"}</div>
                {states && <StatusIndicator type={ICON[at?.state ?? "waiting"] ?? "pending"}>{at?.state ?? "waiting"}{at?.took_ms != null && `, ${milliseconds(at.took_ms)}`}</StatusIndicator>}
                {at?.reason && <div>{at.reason}</div>}
              </div>
            );
          })}
        </li>
      ))}
    </ol>
  );
}
