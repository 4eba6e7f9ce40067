import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import type { ReactNode } from "react";

import { useHas } from "../../api/description";
import { useParam } from "../../app/router";
import { NotHere } from "../../parts/Told";
import { Benchmarks } from "./Benchmarks";
import { Campaigns } from "./Campaigns";
import { Consent } from "./Consent";
import { OwnSite } from "./OwnSite";
import { Receipts } from "./Receipts";
import { Sightings } from "./Sightings";
import { Told } from "./ToldShown";

export default function MeshPage() {
  const [tab, setTab] = useParam("tab", "consent");
  const part = (id: string, label: string, route: string, content: ReactNode) => ({
    // Opened anew each time, so that it shows what is so now.
    id, label, content: tab === id ? <Present what={label} route={route}>{content}</Present> : null,
  });
  return (
    <Tabs activeTabId={tab} onChange={({ detail }) => setTab(detail.activeTabId)} tabs={[
      part("consent", "What you share", "/mesh/consent", <SpaceBetween size="l"><Consent /><OwnSite /></SpaceBetween>),
      part("receipts", "What was shared", "/mesh/receipts", <SpaceBetween size="l"><Receipts /><Told /></SpaceBetween>),
      part("sightings", "Sightings", "/mesh/sightings", <SpaceBetween size="l"><Sightings /><Campaigns /></SpaceBetween>),
      part("benchmarks", "Benchmarks", "/mesh/benchmarks", <Benchmarks />),
    ]} />
  );
}

function Present({ what, route, children }: { what: string; route: string; children: ReactNode }) {
  return useHas(route) ? children : <NotHere what={what} route={route} />;
}
