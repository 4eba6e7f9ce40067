/** Any answer, without knowing its shape: lists of alike things as tables, the rest as names with values. */
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { DataTable, type Column } from "./DataTable";
import { Empty } from "./Told";
import { number, readable, words } from "./wording";

type Thing = Record<string, unknown>;
const SHORT = 200;
const isThing = (value: unknown): value is Thing => typeof value === "object" && value !== null && !Array.isArray(value);
const isPlain = (value: unknown) => value === null || ["string", "number", "boolean"].includes(typeof value);
const isShort = (value: unknown) =>
  (isPlain(value) && String(value).length <= SHORT) || (Array.isArray(value) && value.every(isPlain) && value.length <= 12);

export function Anything({ value, level = 0 }: { value: unknown; level?: number }) {
  if (!isThing(value)) return <Whole value={value} />;
  const entries = Object.entries(value);
  const short = entries.filter(([, one]) => isShort(one));
  const long = entries.filter(([, one]) => !isShort(one));
  return (
    <SpaceBetween size="m">
      {short.length > 0 && (
        <KeyValuePairs columns={level ? 2 : 3} items={short.map(([name, one]) => ({ label: words(name), value: <Plain value={one} /> }))} />
      )}
      {long.map(([name, one]) => <Part key={name} name={name} value={one} level={level} />)}
    </SpaceBetween>
  );
}

function Part({ name, value, level }: { name: string; value: unknown; level: number }) {
  if (Array.isArray(value) && value.length && value.every(isThing)) return <Rows title={words(name)} rows={value} />;
  return (
    <ExpandableSection headerText={words(name)} defaultExpanded={level === 0}>
      {level < 4 ? <Anything value={value} level={level + 1} /> : <Whole value={value} />}
    </ExpandableSection>
  );
}

function Rows({ title, rows }: { title: string; rows: Thing[] }) {
  const numbered = rows.map((row, index) => ({ row, key: String(index) }));
  const names = [...new Set(rows.slice(0, 50).flatMap((row) => Object.keys(row)))].slice(0, 12);
  const columns: Column<{ row: Thing; key: string }>[] = names.map((name) => ({
    id: name,
    header: words(name),
    value: ({ row }) => flat(row[name]),
    cell: ({ row }) => <span className="anywhere">{shortened(plainly(row[name]))}</span>,
    minWidth: roomFor(rows.slice(0, 50).map((row) => String(flat(row[name]) ?? "").length)),
  }));
  return <DataTable title={title} noun="line" columns={columns} rows={numbered} id={({ key }) => key} headingTag="h3"
    empty={<Empty title="None" />} pageSize={10} />;
}

function Whole({ value }: { value: unknown }) {
  return <pre className="code">{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>;
}

function Plain({ value }: { value: unknown }) {
  return <Box className="anywhere">{plainly(value)}</Box>;
}

const LONGEST = 240;
const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);

/** Pixels that a column takes at least; what does not fit is scrolled to. */
function roomFor(lengths: readonly number[]): number {
  const longest = Math.max(0, ...lengths);
  return longest > 60 ? 280 : longest > 20 ? 180 : longest > 9 ? 130 : 90;
}

/** Times in the reader's zone, names of classes as words. */
function plainly(value: unknown): string {
  const shown = String(readable(flat(value)) ?? "–");
  return /^[a-z]+(_[a-z]+)+$/.test(shown) ? shown.replaceAll("_", " ") : shown;
}

export function flat(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(number(value).replace(/[^\d.-]/g, "")) || value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length ? value.map(flat).join(value.some(isThing) ? "; " : ", ") : "none";
  return Object.entries(value).map(([name, one]) => `${name.replaceAll("_", " ")}: ${flat(one) ?? "–"}`).join(", ");
}
