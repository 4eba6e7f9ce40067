/** One figure on a line with the quartiles of the peers. */
interface Props {
  own: number | null | undefined;
  p25: number;
  p50: number;
  p75: number;
  shown: (value: number) => string;
}

export function Quartiles({ own, p25, p50, p75, shown }: Props) {
  const reach = Math.max(p75 - p25, 1e-9);
  const low = Math.min(own ?? p25, p25 - reach / 2);
  const high = Math.max(own ?? p75, p75 + reach / 2);
  const x = (value: number) => 40 + ((value - low) / (high - low)) * 520;
  const told = own == null ? "" : `You ${shown(own)}; `;
  return (
    <svg viewBox="0 0 600 84" role="img" className="scale" aria-label={`${told}half of the peers between ${shown(p25)} and ${shown(p75)}, the middle one ${shown(p50)}`}>
      <text x={x(p25)} y="14" textAnchor="middle" className="scale-text">{shown(p25)}</text>
      <text x={x(p75)} y="14" textAnchor="middle" className="scale-text">{shown(p75)}</text>
      <line x1="20" x2="580" y1="40" y2="40" className="scale-line" />
      <rect x={x(p25)} y="28" width={x(p75) - x(p25)} height="24" rx="4" className="scale-band" />
      <line x1={x(p50)} x2={x(p50)} y1="24" y2="56" className="scale-mid" />
      {own != null && <circle cx={x(own)} cy="40" r="8" className="scale-own" />}
      {own != null && <text x={x(own)} y="76" textAnchor="middle" className="scale-text">you {shown(own)}</text>}
    </svg>
  );
}
