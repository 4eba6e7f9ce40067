/** What can be stored, in the words of who stores it. The list itself is the server's. */
import { description } from "../../api/description";

export const HINTS: Record<string, string> = {
  clients: "Whom you serve: name, industry, seats, when the contract runs out",
  tickets: "What was asked of you: when, by whom, how urgent, when it was solved",
  technicians: "Who does the work: skills, working hours",
  revenue: "What was invoiced: client, service, month, amount",
  metrics: "Readings of devices: CPU, memory, disk over time",
  policies: "Your written policies, which compliance is judged by",
  profile: "Your own card, as far as you show it to other MSPs",
  "security-events": "Log lines and alerts",
  articles: "News and price lists of your market",
  indicators: "Domains, addresses and hashes that other tools told you of",
};
export const EXAMPLES: Record<string, string> = {
  clients: "id,name,industry,seats,renews_at\nc1,Harbor Dental,healthcare,24,2027-03-01\n",
  tickets: "id,opened_at,client_id,title,priority,status,due_at\nt1,2026-11-20T09:00:00Z,c1,Printer does not print,P3,new,2026-11-24T17:00:00Z\n",
  technicians: "id,name,skills,timezone\np1,Ada Example,network; cloud,Europe/Berlin\n",
  revenue: "month,client_id,service,amount,currency\n2026-10-01,c1,Managed support,1250,USD\n",
  metrics: "timestamp,client_id,device,metric_type,value\n2026-11-22T10:00:00Z,c1,srv-01,cpu_percent,41\n",
  policies: "id,title,text\nbackup,Backup policy,Backups are made every night and restored in a test each quarter.\n",
  profile: "name,region,services,capacity_hours\nHarbor IT,us-east,Managed support; Backup,20\n",
  "security-events": "timestamp,client_id,event\n2026-11-22T08:12:00Z,c1,Failed password for root from 198.51.100.7 port 22\n",
  indicators: "type,value,source,tlp\ndomain,drop.bad-parcel.example,our list,TLP:GREEN\n",
  articles: "published,title,text\n2026-11-01,Vendor raises prices,The list price of the suite rises by five per cent.\n",
};

export function kinds(): string[] {
  const operation = description.get()?.paths["/records/{kind}"]?.get as { parameters?: { name: string; schema?: { enum?: string[] } }[] } | undefined;
  return operation?.parameters?.find((one) => one.name === "kind")?.schema?.enum ?? Object.keys(HINTS);
}

/** The media type that a file's name or its first character tells. */
export function mediaOf(name: string, text: string): string {
  if (/\.(ndjson|jsonl)$/i.test(name)) return "application/x-ndjson";
  if (/\.json$/i.test(name) || /^\s*\[/.test(text)) return "application/json";
  if (/^\s*\{/.test(text)) return text.trim().includes("\n{") ? "application/x-ndjson" : "application/json";
  return "text/csv";
}

/** The first rows as they will be read, to look at before they are sent. */
export function preview(text: string, media: string, most = 5): { header: string[]; rows: string[][] } {
  try {
    if (media === "text/csv") {
      const lines = csvRows(text, most + 1);
      return { header: lines[0] ?? [], rows: lines.slice(1) };
    }
    const parsed: unknown = media === "application/json" ? JSON.parse(text) : text.trim().split("\n").slice(0, most).map((line) => JSON.parse(line) as unknown);
    const rows = (Array.isArray(parsed) ? parsed : [parsed]).slice(0, most) as Record<string, unknown>[];
    const header = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return { header, rows: rows.map((row) => header.map((name) => (typeof row[name] === "string" ? row[name] : JSON.stringify(row[name] ?? "")) as string)) };
  } catch {
    return { header: [], rows: [] };
  }
}

/** RFC 4180 with quotes, at most so many lines. */
export function csvRows(text: string, most: number): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length <= most; at++) {
    const char = text[at] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') (cell += '"'), at++;
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ",") rows.at(-1)?.push(cell), (cell = "");
    else if (char === "\n") rows.at(-1)?.push(cell.replace(/\r$/, "")), (cell = ""), rows.push([]);
    else cell += char;
  }
  rows.at(-1)?.push(cell);
  return rows.filter((row) => row.length > 1 || row[0]).slice(0, most);
}
