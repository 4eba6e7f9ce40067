import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { post } from "../../api/client";
import { problemOf } from "../../api/hooks";
import type { Problem } from "../../api/types";
import { Failure } from "../../parts/Told";
import { called } from "../../parts/partners";

interface Props {
  partner: string;
  needs: readonly string[];
  close: () => void;
  done: () => void;
}

export function Introduce({ partner, needs, close, done }: Props) {
  const [message, setMessage] = useState(`We look for help with: ${needs.join(", ")}.`);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await post("/collaboration/introductions", { action: "open", partner, message });
      done();
      close();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal visible onDismiss={close} header={`Ask ${called(partner)} for an introduction`} closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={close}>Cancel</Button>
            <Button variant="primary" loading={busy} disabled={!message.trim()} onClick={() => void send()}>Send</Button>
          </SpaceBetween>
        </Box>
      }>
      <SpaceBetween size="m">
        {problem && <Failure problem={problem} />}
        <Box>They read your message and what your profile shows. Names and contacts show on both sides once they accept.</Box>
        <FormField label="Your message" stretch><Textarea value={message} rows={5} onChange={({ detail }) => setMessage(detail.value)} /></FormField>
      </SpaceBetween>
    </Modal>
  );
}
