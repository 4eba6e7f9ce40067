import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";

import { getConfig } from "../api/client";
import { live, type LineState } from "../api/live";
import { session, signOut } from "../api/session";
import { useStore } from "../api/store";
import { go, hrefOf } from "./router";
import { setTheme, theme } from "./theme";

const LINE: Record<LineState, string> = {
  off: "Not connected",
  connecting: "Connecting …",
  live: "Live",
  lost: "Reconnecting …",
};

export function TopBar({ search }: { search: () => void }) {
  const shade = useStore(theme);
  const line = useStore(live.state);
  const { tenant } = useStore(session);
  const dark = shade === "dark";
  const utilities: TopNavigationProps.Utility[] = [
    { type: "button", iconName: "search", text: "Search", ariaLabel: "Search and commands (Ctrl-K)", title: "Ctrl-K", onClick: search },
    {
      type: "button",
      iconName: line === "live" ? "status-positive" : line === "lost" ? "status-warning" : "status-pending",
      text: LINE[line],
      ariaLabel: `Live updates: ${LINE[line]}`,
      onClick: () => go("today"),
    },
    {
      type: "button",
      text: dark ? "Light" : "Dark",
      ariaLabel: dark ? "Change to light colours" : "Change to dark colours",
      onClick: () => setTheme(dark ? "light" : "dark"),
    },
    {
      type: "menu-dropdown",
      iconName: "user-profile",
      text: tenant?.name ?? "Your MSP",
      description: tenant?.msp_id ?? "",
      items: [
        { id: "docs", text: "API documentation", href: `${getConfig().api}/docs`, external: true, externalIconAriaLabel: "(opens in a new tab)" },
        { id: "out", text: "Leave and forget the key" },
      ],
      onItemClick: ({ detail }) => {
        if (detail.id === "out") signOut();
      },
    },
  ];
  return (
    <TopNavigation
      identity={{
        href: hrefOf("today"),
        title: "MSP Intelligence Mesh",
        onFollow: (event) => {
          event.preventDefault();
          go("today");
        },
      }}
      utilities={utilities}
    />
  );
}
