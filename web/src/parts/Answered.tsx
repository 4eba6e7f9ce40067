/** The foot of every answer: who gave it, how long it took, where it is kept, in which forms it can be had. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { problemOf } from "../api/hooks";
import type { Envelope, Problem } from "../api/types";
import { follow, hrefOf } from "../app/router";
import { Simulated } from "./Marks";
import { Failure } from "./Told";
import { save, saveResult } from "./files";
import { milliseconds, moment } from "./wording";

export interface OtherForm {
  format: string;
  label: string;
  file: string;
}

export function Answered({ envelope, forms = [] }: { envelope: Envelope; forms?: OtherForm[] }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const model = envelope.model;
  return (
    <SpaceBetween size="xs">
      {problem && <Failure problem={problem} />}
      <SpaceBetween size="xs" direction="horizontal" alignItems="center">
        {forms.map((form) => (
          <Button
            key={form.format}
            iconName="download"
            onClick={() =>
              void saveResult(envelope.result_id, form.format, form.file).catch((error: unknown) => setProblem(problemOf(error)))
            }
          >
            {form.label}
          </Button>
        ))}
        <Button
          iconName="download"
          variant="inline-link"
          onClick={() => save(`${envelope.result_id}.json`, JSON.stringify(envelope, null, 2), "application/json")}
        >
          JSON
        </Button>
        {envelope.simulated && <Simulated />}
      </SpaceBetween>
      <Box color="text-body-secondary" fontSize="body-s">
        Answered {moment(envelope.answered_at)} in {milliseconds(envelope.took_ms)} by {model.name} {model.version} (
        {model.provider}).{" "}
        <Link fontSize="body-s" href={hrefOf(`results/${encodeURIComponent(envelope.result_id)}`)} onFollow={follow}>
          Kept as {envelope.result_id.slice(0, 8)}
        </Link>
      </Box>
    </SpaceBetween>
  );
}
