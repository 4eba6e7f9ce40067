import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";

import { follow, hrefOf } from "../../app/router";
import { plural } from "../../parts/wording";
import type { Answer } from "./conversation";

export function Citations({ citations }: { citations: Answer["citations"] }) {
  const total = citations.reduce((sum, one) => sum + one.of, 0);
  const quotes = citations.filter((one) => one.quote).length;
  const told = quotes === citations.length ? `Quoted: ${plural(quotes, "passage")}` : `Computed from ${plural(total, "record")}`;
  const place = (kind: string, id: string) => hrefOf(`data?kind=${encodeURIComponent(kind)}&id=${encodeURIComponent(id)}`);
  return (
    <ExpandableSection headerText={told} defaultExpanded={quotes > 0}>
      {citations.map((one, index) => (
        <div key={index}>
          {one.quote ? (
            <blockquote className="quote">
              {one.quote}
              <footer>{one.ids.map((id) => <Link key={id} fontSize="body-s" href={place(one.kind, id)} onFollow={follow}>{one.title || id}</Link>)}</footer>
            </blockquote>
          ) : one.ids.map((id) => <span key={id}><Link href={place(one.kind, id)} onFollow={follow}>{id}</Link>{" "}</span>)}
          {one.of > one.ids.length && <>and {one.of - one.ids.length} more {one.kind}</>}
        </div>
      ))}
    </ExpandableSection>
  );
}
