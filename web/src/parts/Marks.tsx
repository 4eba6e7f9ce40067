import Badge, { type BadgeProps } from "@cloudscape-design/components/badge";
import Popover from "@cloudscape-design/components/popover";

/** Stands wherever a number comes from made-up rows, or from a model that learnt from them. */
export function Simulated() {
  return (
    <Popover
      header="Simulated"
      content="Some of what this rests on is made up: the rows of a simulated MSP, or a model that learnt from such rows."
      triggerType="custom"
      dismissAriaLabel="Close"
    >
      <button type="button" className="plain-button" aria-label="Simulated: what this means">
        <Badge color="severity-medium">simulated</Badge>
      </button>
    </Popover>
  );
}

const SEVERITY: Record<string, BadgeProps["color"]> = {
  CRITICAL: "severity-critical",
  HIGH: "severity-high",
  MEDIUM: "severity-medium",
  LOW: "severity-low",
};

export function Severity({ level }: { level: string }) {
  return <Badge color={SEVERITY[level.toUpperCase()] ?? "severity-neutral"}>{level}</Badge>;
}
