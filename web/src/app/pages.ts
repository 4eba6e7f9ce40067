/** Which pages there are. A file `agents/SLUG/page.tsx` becomes that agent's page; an agent without one gets
 * the page that is made from its schema. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

import type { AgentStatus } from "../api/types";

export type AgentPage = ComponentType<{ agent: AgentStatus }>;

export interface PlainPage {
  id: string;
  title: string;
  hint: string;
  page: LazyExoticComponent<ComponentType>;
}

export const PLAIN: PlainPage[] = [
  { id: "today", title: "Today", hint: "What needs attention first", page: lazy(() => import("../pages/today/page")) },
  { id: "workflows", title: "Workflows", hint: "Playbooks over several agents", page: lazy(() => import("../pages/workflows/page")) },
  { id: "mesh", title: "Mesh", hint: "What is shared with other MSPs", page: lazy(() => import("../pages/mesh/page")) },
  { id: "data", title: "Data", hint: "Import, look at, export and delete rows", page: lazy(() => import("../pages/data/page")) },
  { id: "results", title: "Answers", hint: "Every answer that was given", page: lazy(() => import("../pages/results/page")) },
  { id: "admin", title: "Admin", hint: "Agents, models, jobs, keys, feeds, cost", page: lazy(() => import("../pages/admin/page")) },
];

const made = import.meta.glob<{ default: AgentPage }>("../agents/*/page.tsx");
const generic = lazy(() => import("../pages/agent/page"));
const own = new Map<string, LazyExoticComponent<AgentPage>>(
  Object.entries(made).map(([path, load]) => [path.split("/").at(-2) ?? "", lazy(load)]),
);

export function pageOf(slug: string): LazyExoticComponent<AgentPage> {
  return own.get(slug) ?? generic;
}
