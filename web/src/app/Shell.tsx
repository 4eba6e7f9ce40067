import AppLayout from "@cloudscape-design/components/app-layout";
import ContentLayout from "@cloudscape-design/components/content-layout";
import ErrorBoundary from "@cloudscape-design/components/error-boundary";
import Header from "@cloudscape-design/components/header";
import { Suspense, useEffect, useRef, useState } from "react";

import { problemOf, useEvents } from "../api/hooks";
import { session } from "../api/session";
import { useStore } from "../api/store";
import type { Problem } from "../api/types";
import { Simulated } from "../parts/Marks";
import { Empty, Failure, Loading } from "../parts/Told";
import { Navigation } from "./Navigation";
import { Palette } from "./Palette";
import { TopBar } from "./TopBar";
import { PLAIN, pageOf } from "./pages";
import { go, usePlace } from "./router";
import { readStatuses, statuses } from "./statuses";

const WIDE_PX = 900;

export function Shell() {
  const [open, setOpen] = useState(window.innerWidth >= WIDE_PX);
  const [palette, setPalette] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const known = useStore(statuses);
  const place = usePlace();
  const read = () => void readStatuses().then(() => setProblem(null), (error: unknown) => setProblem(problemOf(error)));
  useEffect(read, []);
  useEffect(() => {
    // Cloudscape's bar on phones is a nav with an orientation, which a nav may not have (axe: aria-allowed-attr).
    document.querySelector("nav[aria-orientation]")?.removeAttribute("aria-orientation");
  });
  useEvents(read);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette(true);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
  useEffect(() => {
    if (!place.parts.length) go("today", "replace");
    if (window.innerWidth < WIDE_PX) setOpen(false);
  }, [place]);
  return (
    <>
      <div id="top">
        <TopBar search={() => setPalette(true)} />
      </div>
      <AppLayout
        headerSelector="#top"
        navigation={<Navigation />}
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        toolsHide
        ariaLabels={{ navigation: "Pages", navigationToggle: "Show the pages", navigationClose: "Hide the pages" }}
        navigationWidth={250}
        maxContentWidth={1440}
        notifications={problem && <Failure problem={problem} again={read} />}
        content={known || problem || place.parts[0] !== "agents" ? <Page /> : <Loading />}
      />
      {palette && <Palette close={() => setPalette(false)} />}
    </>
  );
}

/** The page that the address names, under its heading. */
function Page() {
  const { parts } = usePlace();
  const agents = useStore(statuses) ?? [];
  const { tenant } = useStore(session);
  const [first = "today", second] = parts;
  const plain = PLAIN.find((page) => page.id === first);
  const agent = first === "agents" ? agents.find((one) => one.agent === second) : undefined;
  const title = agent?.title ?? plain?.title ?? "No such page";
  const heading = useRef<HTMLDivElement>(null);
  const last = useRef(title);
  useEffect(() => {
    document.title = `${title} · MSP Intelligence Mesh`;
    // On a new page, whoever hears the page instead of seeing it starts at its heading.
    if (last.current !== title) heading.current?.focus({ preventScroll: true });
    last.current = title;
  }, [title]);
  const Inner = agent ? pageOf(agent.agent) : null;
  const Plain = plain?.page;
  return (
    <ContentLayout
      header={
        <div ref={heading} tabIndex={-1} className="heading">
          <Header variant="h1" description={agent?.summary ?? plain?.hint} info={tenant?.simulated ? <Simulated /> : undefined}>
            {title}
          </Header>
        </div>
      }
    >
      <ErrorBoundary key={parts.slice(0, 2).join("/")} suppressNested onError={() => undefined}>
        <Suspense fallback={<Loading />}>
          {Inner && agent ? <Inner agent={agent} /> : Plain ? <Plain /> : (
            <Empty title="There is no such page">Choose one from the navigation, or press Ctrl-K and type what you look for.</Empty>
          )}
        </Suspense>
      </ErrorBoundary>
    </ContentLayout>
  );
}
