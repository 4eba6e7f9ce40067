import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";

import { useParam } from "../../app/router";
import { AgentHealth } from "../today/AgentHealth";
import { Cost } from "./Cost";
import { Feeds } from "./Feeds";
import { Jobs } from "./Jobs";
import { Keys } from "./Keys";
import { Models } from "./Models";
import { Rate } from "./Rate";

/** What an administrator looks after. All but agents and jobs takes a key with the role admin, and says so. */
export default function AdminPage() {
  const [tab, setTab] = useParam("tab", "agents");
  return (
    <Tabs activeTabId={tab} onChange={({ detail }) => setTab(detail.activeTabId)} tabs={[
      { id: "agents", label: "Agents and models", content: <SpaceBetween size="l"><AgentHealth /><Models /></SpaceBetween> },
      { id: "jobs", label: "Jobs", content: <Jobs /> },
      { id: "keys", label: "Keys", content: <Keys /> },
      { id: "throttles", label: "Rate", content: <Rate /> },
      { id: "feeds", label: "Feeds", content: <Feeds /> },
      { id: "cost", label: "Cost this month", content: <Cost /> },
    ]} />
  );
}
