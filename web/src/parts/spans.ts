/** Places in a text. The API counts characters (code points); a script counts UTF-16 units. */
export interface Span {
  start: number;
  end: number;
  kind: string;
  title: string;
}

export interface Piece {
  text: string;
  /** What covers this piece, the longest first; none where it is plain. */
  spans: Span[];
}

/** The text cut at every start and end of a span. Spans may lie over each other. */
export function pieces(text: string, spans: Span[]): Piece[] {
  const characters = Array.from(text);
  const inside = spans.filter((span) => span.start < span.end && span.start >= 0 && span.end <= characters.length);
  const cuts = [...new Set([0, characters.length, ...inside.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  const found: Piece[] = [];
  for (let index = 0; index + 1 < cuts.length; index++) {
    const from = cuts[index] ?? 0;
    const to = cuts[index + 1] ?? 0;
    const covering = inside.filter((span) => span.start <= from && span.end >= to);
    covering.sort((a, b) => b.end - b.start - (a.end - a.start));
    found.push({ text: characters.slice(from, to).join(""), spans: covering });
  }
  return found;
}

/** An address that nobody opens by mistake: hxxps://bad[.]example. The id of a technique stays as it is. */
export function defanged(value: string): string {
  if (/^T\d{4}(\.\d{3})?$/.test(value)) return value;
  return value.replace(/^http/i, "hxxp").replaceAll(".", "[.]").replaceAll("@", "[@]");
}
