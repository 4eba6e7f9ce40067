import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { getConfig, remove, request } from "../../api/client";
import { problemOf } from "../../api/hooks";
import { session, signOut } from "../../api/session";
import { useStore } from "../../api/store";
import type { Problem } from "../../api/types";
import { Confirm } from "../../parts/Confirm";
import { Failure } from "../../parts/Told";
import { save } from "../../parts/files";
import { plural } from "../../parts/wording";

/** Everything of this MSP: taking it along, or having it removed. */
export function Whole() {
  const { tenant } = useStore(session);
  const [lines, setLines] = useState<number | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [erasing, setErasing] = useState(false);
  const name = tenant?.msp_id ?? "delete everything";
  const take = async () => {
    setProblem(null);
    setLines(0);
    try {
      const parts: string[] = [];
      let path: string | null = "/export";
      while (path) {
        const reply: Response = await request("GET", path);
        const text = await reply.text();
        parts.push(text);
        setLines((before) => (before ?? 0) + text.split("\n").length - 1);
        path = following(reply.headers.get("link"));
      }
      save(`${name}-export.ndjson`, parts.join(""), "application/x-ndjson");
    } catch (error) {
      setProblem(problemOf(error));
    }
    setLines(null);
  };
  const erase = async () => {
    await remove("/tenant");
    signOut("Everything was removed, the key too.");
  };
  return (
    <Container header={<Header variant="h2">Everything of {tenant?.name ?? "this MSP"}</Header>}>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        <Box>Rows, answers, jobs and files as one NDJSON file; or all of it removed, with every key.</Box>
        <SpaceBetween size="xs" direction="horizontal" alignItems="center">
          <Button iconName="download" loading={lines !== null} onClick={() => void take()}>Export everything</Button>
          <Button iconName="remove" onClick={() => setErasing(true)}>Delete everything</Button>
          {lines !== null && <span role="status">{plural(lines, "line")} so far …</span>}
        </SpaceBetween>
        {erasing && <Confirm title="Delete everything?" word={name} act={erase} close={() => setErasing(false)}>All rows, answers, jobs and keys of {tenant?.name ?? "this MSP"} go, at once and for good. This page then asks for another key.</Confirm>}
      </SpaceBetween>
    </Container>
  );
}

/** The next page's path from a Link header (RFC 8288), without the stage that stands before it on AWS. */
export function following(link: string | null): string | null {
  const found = /<([^>]+)>;\s*rel="next"/.exec(link ?? "");
  if (!found?.[1]) return null;
  const root = new URL(getConfig().api || window.location.origin).pathname.replace(/\/$/, "");
  return found[1].startsWith(`${root}/`) ? found[1].slice(root.length) : found[1];
}
