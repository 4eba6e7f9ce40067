import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";

import { description } from "../../api/description";
import { useGet } from "../../api/hooks";
import { useStore } from "../../api/store";
import { useParam } from "../../app/router";
import { Anything } from "../../parts/Anything";
import { Failure, Loading, NotHere } from "../../parts/Told";
import { AgentHealth } from "../today/AgentHealth";
import { Jobs } from "./Jobs";
import { Models } from "./Models";

/** What else an administrator looks at. The server says which of it there is; the first route that fits is read. */
const REST = [
  { id: "keys", label: "Keys", routes: ["/keys", "/tenant/keys", "/admin/keys"] },
  { id: "throttles", label: "Throttles", routes: ["/throttles", "/admin/throttles", "/tenant/throttle"] },
  { id: "feeds", label: "Feeds", routes: ["/feeds", "/knowledge", "/admin/feeds"] },
  { id: "cost", label: "Cost this month", routes: ["/cost", "/admin/cost"] },
];

export default function AdminPage() {
  const [tab, setTab] = useParam("tab", "agents");
  return (
    <Tabs activeTabId={tab} onChange={({ detail }) => setTab(detail.activeTabId)} tabs={[
      { id: "agents", label: "Agents and models", content: <SpaceBetween size="l"><AgentHealth /><Models /></SpaceBetween> },
      { id: "jobs", label: "Jobs", content: <Jobs /> },
      ...REST.map((one) => ({ id: one.id, label: one.label, content: <Rest key={one.id} label={one.label} routes={one.routes} /> })),
    ]} />
  );
}

function Rest({ label, routes }: { label: string; routes: string[] }) {
  const paths = useStore(description)?.paths ?? {};
  const route = routes.find((path) => paths[path]?.get);
  const found = useGet<unknown>(route ?? null);
  if (!route) return <NotHere what={label} route={routes[0] ?? ""} />;
  if (found.problem) return <Failure problem={found.problem} again={found.again} />;
  return found.data ? <Anything value={found.data} /> : <Loading />;
}
