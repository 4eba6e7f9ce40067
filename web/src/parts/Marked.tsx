import { pieces, type Span } from "./spans";

/** A text with its spans marked: by colour, and by a title for whoever points at one or hears it. */
export function Marked({ text, spans, label }: { text: string; spans: Span[]; label: string }) {
  return (
    <div className="document" tabIndex={0} role="region" aria-label={label}>
      {pieces(text, spans).map((piece, index) => {
        const inner = piece.spans.at(-1);
        if (!inner) return <span key={index}>{piece.text}</span>;
        return (
          <mark key={index} className={`mark mark-${inner.kind}`} title={piece.spans.map((span) => span.title).join(" · ")}>
            {piece.text}
          </mark>
        );
      })}
    </div>
  );
}

export function Legend({ kinds }: { kinds: [string, string][] }) {
  return (
    <p className="legend">
      {kinds.map(([kind, words]) => (
        <span key={kind}><mark className={`mark mark-${kind}`}>{words}</mark> </span>
      ))}
    </p>
  );
}
