import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { get } from "../api/client";
import { problemOf } from "../api/hooks";
import { session, signIn, type Tenant } from "../api/session";
import { useStore } from "../api/store";
import { has } from "../api/description";

export function Enter() {
  const { ended } = useStore(session);
  const [key, setKey] = useState("");
  const [keep, setKeep] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    if (!key.trim()) return setWrong("Paste a key first.");
    setBusy(true);
    try {
      // Tried before it is kept, so that a wrong one is told here.
      const tenant = has("/tenant") ? await get<Tenant>("/tenant", { key: key.trim() }) : null;
      signIn(key.trim(), keep);
      session.set({ ...session.get(), tenant });
    } catch (error) {
      const problem = problemOf(error);
      setWrong(problem.status === 401 ? "This key is not known here, or was revoked." : problem.detail);
      setBusy(false);
    }
  };
  return (
    <main className="enter">
      <SpaceBetween size="l">
        {ended && <Alert type="info">{ended}</Alert>}
        <form onSubmit={(event) => { event.preventDefault(); void enter(); }}>
          <Form actions={<Button variant="primary" formAction="submit" loading={busy}>Enter</Button>}>
            <Container header={<Header variant="h1" description="Agents for managed service providers, and what providers learn from each other.">MSP Intelligence Mesh</Header>}>
              <SpaceBetween size="m">
                <FormField label="Your key" errorText={wrong} description="It says which MSP you are, and opens that MSP's rows alone.">
                  <Input type="password" value={key} autoFocus autoComplete={false} spellcheck={false} name="key"
                    onChange={({ detail }) => { setKey(detail.value); setWrong(""); }} />
                </FormField>
                <Checkbox checked={keep} onChange={({ detail }) => setKeep(detail.checked)}
                  description="Otherwise it is forgotten when this tab closes.">
                  Remember me on this computer
                </Checkbox>
              </SpaceBetween>
            </Container>
          </Form>
        </form>
        <Container header={<Header variant="h2">No key yet?</Header>}>
          <Box variant="p">
            Where the mesh runs on your own computer, its terminal shows a link that opens this page with a key of a
            simulated MSP.
          </Box>
          <Box variant="p">
            For an MSP of your own, run <Box variant="code">./mesh keys create my-msp</Box> there, or ask whoever runs the mesh.
          </Box>
        </Container>
      </SpaceBetween>
    </main>
  );
}
