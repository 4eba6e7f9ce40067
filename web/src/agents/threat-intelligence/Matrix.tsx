import { Empty } from "../../parts/Told";
import { percent, words } from "../../parts/wording";
import { matrix, type Technique } from "./answer";

/** The techniques that were found, on ATT&CK's matrix: a column for each tactic that has one. */
export function Matrix({ techniques }: { techniques: readonly Technique[] }) {
  if (!techniques.length) return <Empty title="No technique was recognised" />;
  return (
    <div className="matrix" tabIndex={0} role="region" aria-label="Techniques by tactic">
      {matrix(techniques).map(([tactic, found]) => (
        <section key={tactic}>
          <h3>{words(tactic)}</h3>
          {found.map((one) => (
            <div className="cell" data-found="true" key={one.id}>
              <strong>{one.id}</strong> {one.name}
              <div>{percent(one.confidence)} · {one.source}</div>
              <progress max={1} value={one.confidence} aria-label={`${one.id}: confidence`} />
              {one.evidence?.[0] && <q>{shortened(one.evidence[0].text)}</q>}
            </div>
          ))}
        </section>
      ))}
    </div>
  );
}

const LONGEST = 140;
const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);
