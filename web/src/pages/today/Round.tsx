import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

import { useStore } from "../../api/store";
import { round, type Step } from "./rounds";

const ICON: Record<Step["state"], StatusIndicatorProps.Type> = {
  waiting: "pending", running: "in-progress", done: "success", failed: "error", nothing: "info",
};

/** How the round goes. It runs on while another page is open. */
export function Round() {
  const { steps } = useStore(round);
  if (!steps.length) return null;
  return (
    <Container header={<Header variant="h2">Asking the agents</Header>}>
      <div aria-live="polite">
        {steps.map((step) => (
          <div key={step.label}>
            <StatusIndicator type={ICON[step.state]}>{step.label}{step.detail && `: ${step.detail}`}</StatusIndicator>
          </div>
        ))}
      </div>
    </Container>
  );
}
