/** What a page says instead of its content: a refusal, nothing there, a route that this server lacks. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useEffect, useState, type ReactNode } from "react";

import type { Problem } from "../api/types";

/** Says what went wrong, in which field, and what to do. */
export function Failure({ problem, again }: { problem: Problem; again?: () => void }) {
  const action = again ? <Button onClick={again}>Try again</Button> : undefined;
  return (
    <Alert type={problem.status === 503 ? "warning" : problem.status === 403 ? "info" : "error"} header={problem.title} action={action}>
      {problem.detail}
      {problem.errors && problem.errors.length > 0 && (
        <ul>
          {problem.errors.slice(0, 20).map((error, index) => (
            <li key={index}>
              {error.field === "body" ? error.reason : <><strong>{error.field}</strong>: {error.reason}</>}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Box textAlign="center" padding={{ vertical: "l" }} color="inherit">
      <SpaceBetween size="xs">
        <Box variant="strong" color="inherit">{title}</Box>
        {children && <Box variant="p" color="text-body-secondary">{children}</Box>}
        {action}
      </SpaceBetween>
    </Box>
  );
}

export function NotHere({ what, route }: { what: string; route: string }) {
  return (
    <Empty title={`${what}: not available on this server`}>
      Its description does not list <code>{route}</code>. A newer version of the mesh may have it.
    </Empty>
  );
}

export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <Box padding="l" textAlign="center" color="text-body-secondary">
      <Spinner /> {what} …
    </Box>
  );
}

/** A long task: how long it has run, and that one need not wait for it. */
export function UnderWay({ since, what }: { since: number; what: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), 500);
    return () => window.clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  return (
    <Box padding="l" textAlign="center">
      <div role="status">
        <Spinner /> {what} …
      </div>
      <Box color="text-body-secondary">
        {seconds} s. {seconds >= 3 && "You can go to another page meanwhile; the answer waits here."}
      </Box>
    </Box>
  );
}
