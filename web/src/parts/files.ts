import { request } from "../api/client";

/** Offers text to be saved as a file. */
export function save(name: string, content: BlobPart, media = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([content], { type: media }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A stored answer in another of its agent's formats, as a file. */
export async function saveResult(resultId: string, format: string, name: string): Promise<void> {
  const reply = await request("GET", `/results/${encodeURIComponent(resultId)}`, { query: { format } });
  save(name, await reply.blob(), reply.headers.get("content-type") ?? "text/plain");
}

/** RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csv(header: string[], rows: string[][]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+([.,]\d+)?$/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
