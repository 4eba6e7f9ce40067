import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { useState } from "react";

import { WORDS, branches, type Judged, type Status } from "./judged";

const ICON: Record<Status, StatusIndicatorProps.Type> = { met: "success", partial: "warning", missing: "error", no_evidence: "pending" };

interface Props {
  requirements: readonly Judged[];
  chosen: string;
  choose: (id: string) => void;
}

/** Requirements under their sections; a section tells how its own stand. */
export function Tree({ requirements, chosen, choose }: Props) {
  const [only, setOnly] = useState<Status | "">("");
  const shown = requirements.filter((one) => !only || one.status === only);
  return (
    <div>
      <label className="tree-filter">
        Show{" "}
        <select value={only} onChange={(event) => setOnly(event.target.value as Status | "")}>
          <option value="">all {requirements.length}</option>
          {(Object.keys(WORDS) as Status[]).map((status) => (
            <option key={status} value={status}>{WORDS[status]} ({requirements.filter((one) => one.status === status).length})</option>
          ))}
        </select>
      </label>
      <ul className="tree" aria-label="Requirements">
        {branches(shown).map((branch) => (
          <li key={branch.id}>
            <details open={branch.leaves.some((one) => one.id === chosen)}>
              <summary>{branch.id} <small>{branch.counts.met} of {branch.leaves.length} met</small></summary>
              <ul>
                {branch.leaves.map((one) => (
                  <li key={one.id}>
                    <button type="button" className="tree-leaf" aria-current={one.id === chosen} onClick={() => choose(one.id)}>
                      <StatusIndicator type={ICON[one.status]} iconAriaLabel={WORDS[one.status]} /> <span>{one.id} {one.title}</span>
                    </button>
                  </li>
                ))}
              </ul>
            </details>
          </li>
        ))}
      </ul>
    </div>
  );
}
