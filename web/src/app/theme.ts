import { Density, Mode, applyDensity, applyMode } from "@cloudscape-design/global-styles";

import { Store } from "../api/store";

export type Theme = "light" | "dark";
const NAME = "mesh.theme";

export const theme = new Store<Theme>(chosen());

export function setTheme(next: Theme): void {
  window.localStorage.setItem(NAME, next);
  theme.set(next);
  apply();
}

export function apply(): void {
  applyMode(theme.get() === "dark" ? Mode.Dark : Mode.Light);
  applyDensity(Density.Compact);
  document.documentElement.dataset["theme"] = theme.get();
}

/** What the person chose here before, else what the system prefers. */
function chosen(): Theme {
  const kept = window.localStorage.getItem(NAME);
  if (kept === "light" || kept === "dark") return kept;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
