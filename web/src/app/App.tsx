import I18nProvider from "@cloudscape-design/components/i18n";
import messages from "@cloudscape-design/components/i18n/messages/all.en";
import { useEffect, useState } from "react";

import { forgetAll } from "../api/asking";
import { get, setConfig } from "../api/client";
import { readConfig } from "../api/config";
import { readDescription } from "../api/description";
import { problemOf } from "../api/hooks";
import { live } from "../api/live";
import { session, signIn, type Tenant } from "../api/session";
import { useStore } from "../api/store";
import type { Problem } from "../api/types";
import { Failure, Loading } from "../parts/Told";
import { Enter } from "./Enter";
import { Shell } from "./Shell";
import { codeIn, exchanged, forgetCode } from "./entrance";
import { fetchAhead } from "./pages";
import { parse } from "./router";

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
    if (session.get().key) fetchAhead(parse(window.location.pathname, window.location.search).parts);
    setConfig(await readConfig());
    const code = codeIn(window.location.hash);
    if (code) {
      forgetCode();
      const key = await exchanged(code);
      if (key) signIn(key, true);
    }
    const { key } = session.get();
    await Promise.all([readDescription(), key ? who(key) : null]);
  } catch (error) {
    const found = problemOf(error);
    if (found.status !== 401) tell(found);
  }
}

/** Whose key it is; a server without that route leaves it open. */
export async function who(key: string): Promise<void> {
  const tenant = await get<Tenant>("/tenant", { key }).catch((error: unknown) => {
    if (problemOf(error).status === 404) return null;
    throw error;
  });
  session.set({ ...session.get(), tenant });
}
