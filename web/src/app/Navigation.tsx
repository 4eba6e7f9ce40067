import Badge from "@cloudscape-design/components/badge";
import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";

import { PLAIN } from "./pages";
import { follow, hrefOf, usePlace } from "./router";
import { useStatuses } from "./statuses";

const BEFORE_AGENTS = ["today"];

export function Navigation() {
  const agents = useStatuses();
  const { parts } = usePlace();
  const link = (id: string, text: string, failed = false): SideNavigationProps.Link => ({
    type: "link",
    href: hrefOf(id),
    text,
    ...(failed ? { info: <Badge color="red">failing</Badge> } : {}),
  });
  const plain = PLAIN.map((page) => link(page.id, page.title));
  const items: SideNavigationProps.Item[] = [
    ...plain.filter((_, index) => BEFORE_AGENTS.includes(PLAIN[index]?.id ?? "")),
    {
      type: "section-group",
      title: "Agents",
      items: agents.map((agent) => link(`agents/${agent.agent}`, agent.title, agent.failed > 0 && !agent.answered)),
    },
    {
      type: "section-group",
      title: "All together",
      items: plain.filter((_, index) => !BEFORE_AGENTS.includes(PLAIN[index]?.id ?? "")),
    },
  ];
  const here = parts.slice(0, parts[0] === "agents" ? 2 : 1).join("/") || "today";
  return <SideNavigation activeHref={hrefOf(here)} items={items} onFollow={follow} />;
}
