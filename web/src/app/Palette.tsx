import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useMemo, useState } from "react";

import { Empty } from "../parts/Told";
import { useStart } from "../parts/start";
import { session, signOut } from "../api/session";
import type { AgentStatus } from "../api/types";
import { PLAIN } from "./pages";
import { go } from "./router";
import { useStatuses } from "./statuses";
import { setTheme, theme } from "./theme";

export interface Command {
  id: string;
  text: string;
  hint: string;
  run: () => void;
}

/** Go anywhere or do what the top bar does, from the keyboard: type, arrows, Enter. */
export function Palette({ close }: { close: () => void }) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const agents = useStatuses();
  const start = useStart();
  const commands = useMemo(() => all(agents), [agents]);
  const found = matching(commands, typed);
  useEffect(() => setChosen(0), [typed]);
  useEffect(() => document.getElementById(`command-${chosen}`)?.scrollIntoView({ block: "nearest" }), [chosen]);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    command.run();
  };
  const pressed = (key: string) => {
    if (key === "ArrowDown") setChosen((at) => Math.min(at + 1, found.length - 1));
    if (key === "ArrowUp") setChosen((at) => Math.max(at - 1, 0));
    if (key === "Enter") run(found[chosen]);
  };
  return (
    <Modal visible onDismiss={close} header="Go to, or do" size="medium" closeAriaLabel="Close">
      <SpaceBetween size="s">
        <Input
          type="search"
          value={typed}
          ref={start}
          ariaLabel="Page or command"
          placeholder="Type a few letters"
          onChange={({ detail }) => setTyped(detail.value)}
          onKeyDown={({ detail }) => pressed(detail.key)}
          nativeInputAttributes={{
            role: "combobox", "aria-expanded": true, "aria-controls": "commands", "aria-activedescendant": `command-${chosen}`,
          }}
        />
        <ul id="commands" role="listbox" aria-label="Pages and commands" className="palette-list">
          {found.map((command, index) => (
            <li key={command.id} id={`command-${index}`} role="option" aria-selected={index === chosen}
              onClick={() => run(command)} onMouseEnter={() => setChosen(index)}>
              {command.text}
              <small>{command.hint}</small>
            </li>
          ))}
        </ul>
        {!found.length && <Empty title="Nothing by that name" />}
      </SpaceBetween>
    </Modal>
  );
}

function all(agents: AgentStatus[]): Command[] {
  const dark = theme.get() === "dark";
  return [
    ...PLAIN.map(({ id, title, hint }) => ({ id, text: title, hint, run: () => go(id) })),
    ...agents.map((agent) => ({
      id: agent.agent, text: agent.title, hint: agent.summary.split(/[,;:.]/)[0] ?? "", run: () => go(`agents/${agent.agent}`),
    })),
    { id: "theme", text: dark ? "Light colours" : "Dark colours", hint: "Change how it looks", run: () => setTheme(dark ? "light" : "dark") },
    { id: "out", text: "Leave", hint: `Forget the key of ${session.get().tenant?.name ?? "this MSP"}`, run: () => signOut() },
  ];
}

/** Commands that hold every word typed, those whose name begins so first. */
export function matching(commands: Command[], typed: string): Command[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = commands.filter((one) => wanted.every((word) => `${one.text} ${one.hint}`.toLowerCase().includes(word)));
  const begins = (one: Command) => Number(!one.text.toLowerCase().startsWith(wanted[0] ?? ""));
  return [...fits].sort((a, b) => begins(a) - begins(b));
}
