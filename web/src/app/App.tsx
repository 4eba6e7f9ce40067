import I18nProvider from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import { useEffect, useState } from "react";

import { forgetAll } from "../api/asking";
import { get, setConfig } from "../api/client";
import { readConfig } from "../api/config";
import { has, readDescription } from "../api/description";
import { problemOf } from "../api/hooks";
import { live } from "../api/live";
import { session, signIn, type Tenant } from "../api/session";
import { useStore } from "../api/store";
import type { Problem } from "../api/types";
import { Failure, Loading } from "../parts/Told";
import { Enter } from "./Enter";
import { Shell } from "./Shell";
import { codeIn, exchanged, forgetCode } from "./entrance";

export function App() {
  const { key } = useStore(session);
  const [ready, setReady] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    void begin(setProblem).then(() => setReady(true));
  }, []);
  useEffect(() => {
    if (!ready || !key) return;
    live.start(key);
    return () => {
      live.stop();
      forgetAll();
    };
  }, [ready, key]);
  return (
    <I18nProvider locale="en" messages={[messages]}>
      {!ready ? (
        <Loading what="Opening the dashboard" />
      ) : problem ? (
        <main className="enter">
          <Failure problem={problem} again={() => window.location.reload()} />
        </main>
      ) : key ? (
        <Shell key={key} />
      ) : (
        <Enter />
      )}
    </I18nProvider>
  );
}

/** Reads where the API is and what it can do, and takes the one-time link's key if that is how one came. */
async function begin(tell: (problem: Problem) => void): Promise<void> {
  try {
    setConfig(await readConfig());
    await readDescription();
    const code = codeIn(window.location.hash);
    if (code) {
      forgetCode();
      const key = await exchanged(code);
      if (key) signIn(key, true);
    }
    const { key } = session.get();
    if (key) await who(key);
  } catch (error) {
    const found = problemOf(error);
    if (found.status !== 401) tell(found);
  }
}

/** Whose key it is; a server without that route leaves it open. */
export async function who(key: string): Promise<void> {
  const tenant = has("/tenant") ? await get<Tenant>("/tenant", { key }) : null;
  session.set({ ...session.get(), tenant });
}
