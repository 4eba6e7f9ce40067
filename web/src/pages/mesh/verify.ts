/** Checks an exported chain of receipts here, with the browser's own Ed25519 and SHA-256: what
 * `./mesh receipts verify` does, without asking the server whether it is honest. */
export interface Verdict {
  good: boolean;
  words: string;
}

type Line = Record<string, unknown> & { number: number; previous: string; hash: string; signature: string };
const NOTHING_BEFORE = "0".repeat(64);

export async function verified(ndjson: string, publicKey: string): Promise<Verdict> {
  const lines = ndjson.split("\n").filter(Boolean).map((line) => JSON.parse(line) as Record<string, unknown>);
  const receipts = lines.filter((line) => !("checkpoint" in line)) as Line[];
  const checkpoint = lines.find((line) => "checkpoint" in line)?.["checkpoint"] as Line | undefined;
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", bytes(publicKey), "Ed25519", false, ["verify"]);
  } catch {
    return { good: false, words: "This browser cannot check Ed25519 signatures. Save the chain and run ./mesh receipts verify." };
  }
  let last = { number: 0, hash: NOTHING_BEFORE };
  for (const line of receipts) {
    const wrong = await flaw(line, last, key);
    if (wrong) return { good: false, words: `Line ${line.number} ${wrong}.` };
    last = line;
  }
  if (!checkpoint) return { good: false, words: "The chain has no checkpoint: lines may be missing at its end." };
  const { signature, ...rest } = checkpoint;
  const vouched = await crypto.subtle.verify("Ed25519", key, bytes(signature), encoded({ checkpoint: true, ...rest }));
  if (!vouched || checkpoint.number !== last.number || checkpoint.hash !== last.hash) return { good: false, words: "The signed checkpoint does not fit the chain." };
  return { good: true, words: `All ${receipts.length} lines hold: signatures, order and end, by the key ${publicKey.slice(0, 12)}…` };
}

async function flaw(line: Line, last: { number: number; hash: string }, key: CryptoKey): Promise<string> {
  const { signature, hash, ...signed } = line;
  const message = encoded(signed);
  const mark = bytes(signature);
  if (!(await crypto.subtle.verify("Ed25519", key, mark, message))) return "was changed: its signature does not hold";
  const whole = new Uint8Array(message.length + mark.length);
  whole.set(message);
  whole.set(mark, message.length);
  if (hex(await crypto.subtle.digest("SHA-256", whole)) !== hash) return "was changed: its hash is not its own";
  if (line.number !== last.number + 1) return "is out of order: lines are missing or doubled";
  return line.previous === last.hash ? "" : "does not follow the line before it";
}

/** RFC 8785: members sorted, numbers and strings as ECMAScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(",")}}`;
}

const encoded = (value: unknown) => new TextEncoder().encode(canonical(value));
const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const hex = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
