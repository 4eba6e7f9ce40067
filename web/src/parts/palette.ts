import type { Theme } from "../app/theme";

/** Colours of charts and pictures. Pairs that stand beside each other differ in lightness too. */
export function palette(theme: Theme) {
  const dark = theme === "dark";
  return {
    text: dark ? "#c6c6cd" : "#0f141a",
    quiet: dark ? "#8c8c94" : "#656871",
    line: dark ? "#424650" : "#dedee3",
    back: dark ? "#161d26" : "#ffffff",
    main: dark ? "#6aa8ff" : "#0f6cbd",
    band: dark ? "rgba(106,168,255,.36)" : "rgba(15,108,189,.22)",
    faint: dark ? "rgba(106,168,255,.2)" : "rgba(15,108,189,.11)",
    bad: dark ? "#ff7a7a" : "#c91d2e",
    good: dark ? "#5fd39a" : "#0a7d4f",
    warn: dark ? "#f2b54a" : "#8d6605",
    series: dark
      ? ["#6aa8ff", "#f2b54a", "#5fd39a", "#d59bff", "#ff8f7a", "#7fd8e8"]
      : ["#0f6cbd", "#a35b00", "#0a7d4f", "#7a3ec8", "#c7402d", "#0b7285"],
  };
}

export type Palette = ReturnType<typeof palette>;
