import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";

import { follow, hrefOf } from "../../app/router";
import { plural } from "../../parts/wording";
import type { Answer } from "./conversation";

export function Citations({ citations }: { citations: Answer["citations"] }) {
  const total = citations.reduce((sum, one) => sum + one.of, 0);
  return (
    <ExpandableSection headerText={`Computed from ${plural(total, "record")}`} defaultExpanded={citations.some((one) => one.quote)}>
      {citations.map((one, index) => (
        <div key={index}>
          {one.quote && <blockquote className="quote">{one.quote}<footer>{one.title}</footer></blockquote>}
          {one.ids.map((id) => (
            <span key={id}>
              <Link href={hrefOf(`data?kind=${encodeURIComponent(one.kind)}&id=${encodeURIComponent(id)}`)} onFollow={follow}>{id}</Link>{" "}
            </span>
          ))}
          {one.of > one.ids.length && <>and {one.of - one.ids.length} more {one.kind}</>}
        </div>
      ))}
    </ExpandableSection>
  );
}
