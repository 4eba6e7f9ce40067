import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type ReactNode } from "react";

import { problemOf } from "../api/hooks";
import type { Problem } from "../api/types";
import { Failure } from "./Told";
import { useStart } from "./start";

interface Props {
  title: string;
  /** What has to be typed, so that nothing goes by a slip. */
  word: string;
  /** What the button says; "Delete" where nothing else is said. */
  verb?: string;
  children: ReactNode;
  act: () => Promise<unknown>;
  close: () => void;
}

export function Confirm({ title, word, verb = "Delete", children, act, close }: Props) {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const start = useStart();
  const go = async () => {
    setBusy(true);
    try {
      await act();
      close();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal visible onDismiss={close} header={title} closeAriaLabel="Close" footer={
      <Box float="right">
        <SpaceBetween size="xs" direction="horizontal">
          <Button onClick={close}>Cancel</Button>
          <Button variant="primary" disabled={typed !== word} loading={busy} onClick={() => void go()}>{verb}</Button>
        </SpaceBetween>
      </Box>
    }>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        <Box>{children}</Box>
        <FormField label={`Type ${word} to go on`}><Input value={typed} onChange={({ detail }) => setTyped(detail.value)} ref={start} /></FormField>
      </SpaceBetween>
    </Modal>
  );
}
