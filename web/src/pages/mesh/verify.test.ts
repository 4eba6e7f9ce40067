import { expect, test } from "vitest";

import { canonical, verified } from "./verify";

const base64 = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const unpacked = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

async function chainOf(count: number): Promise<{ lines: Record<string, unknown>[]; checkpoint: Record<string, unknown>; key: string }> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair;
  const sign = async (value: unknown) => base64(await crypto.subtle.sign("Ed25519", pair.privateKey, new TextEncoder().encode(canonical(value))));
  const lines: Record<string, unknown>[] = [];
  let previous = "0".repeat(64);
  for (let number = 1; number <= count; number++) {
    const line = { number, previous, what: "benchmark", epsilon: 1.25 };
    const signature = await sign(line);
    const whole = Uint8Array.from([...new TextEncoder().encode(canonical(line)), ...unpacked(signature)]);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
    previous = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    lines.push({ ...line, signature, hash: previous });
  }
  const point = { number: count, hash: previous };
  const checkpoint = { ...point, signature: await sign({ checkpoint: true, ...point }) };
  return { lines, checkpoint, key: base64(await crypto.subtle.exportKey("raw", pair.publicKey)) };
}

const written = (lines: Record<string, unknown>[], checkpoint: unknown) => [...lines, { checkpoint }].map((line) => JSON.stringify(line)).join("\n");

test("a chain that was signed as a whole holds", async () => {
  const { lines, checkpoint, key } = await chainOf(3);
  expect(await verified(written(lines, checkpoint), key)).toMatchObject({ good: true });
});

test("a changed line, a missing one and a cut end are each found", async () => {
  const { lines, checkpoint, key } = await chainOf(3);
  const changed = lines.map((line, index) => (index === 1 ? { ...line, epsilon: 0 } : line));
  expect((await verified(written(changed, checkpoint), key)).words).toContain("Line 2 was changed");
  expect((await verified(written([lines[0]!, lines[2]!], checkpoint), key)).words).toContain("Line 3 is out of order");
  expect((await verified(written(lines.slice(0, 2), checkpoint), key)).words).toContain("checkpoint");
});
