/** Numbers, times and names as a person reads them. Times are in the reader's own zone. */
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
// A date without a time is the same day everywhere.
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const MONTH = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: "UTC" });
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNKNOWN = "–";

export const number = (value: number | null | undefined): string => (value == null ? UNKNOWN : NUMBER.format(value));
export const whole = (value: number | null | undefined): string => (value == null ? UNKNOWN : WHOLE.format(value));
export const percent = (share: number | null | undefined, digits = 0): string =>
  share == null ? UNKNOWN : `${(share * 100).toFixed(digits)} %`;
export const moment = (iso: string | null | undefined): string => (iso ? MOMENT.format(new Date(iso)) : UNKNOWN);
export const day = (iso: string | null | undefined): string => (iso ? (iso.length === 10 ? DATE : DAY).format(new Date(iso)) : UNKNOWN);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** A value as a person reads it: of a time the day, and the hour where it is not midnight. */
export const readable = <T>(value: T): T | string =>
  typeof value === "string" && TIME.test(value) ? (value.includes("T00:00:00") ? day(value) : moment(value)) : value;

export const month = (iso: string | null | undefined): string => (iso ? MONTH.format(new Date(iso)) : UNKNOWN);
export const clock = (iso: string): string => CLOCK.format(new Date(iso));
export const milliseconds = (ms: number | null | undefined): string =>
  ms == null ? UNKNOWN : ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

export function money(amount: number | null | undefined, currency = "USD"): string {
  if (amount == null) return UNKNOWN;
  const digits = Math.abs(amount) < 100 ? 2 : 0;
  return new Intl.NumberFormat(undefined, { style: "currency", currency, maximumFractionDigits: digits }).format(amount);
}

export function ago(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return AGO.format(Math.trunc(seconds / size), unit);
  }
  return AGO.format(Math.trunc(seconds), "second");
}

/** `sla_breach_rate`, `no-evidence` or `likelyOrigin` as words: "SLA breach rate". */
export function words(name: string): string {
  const apart = name.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_-]+/g, " ").trim();
  return (apart.charAt(0).toUpperCase() + apart.slice(1)).replace(/\b(cpu|sla|mrr|dns|url|cve|cvss|epss|kev|tlp)\b/gi, (short) => short.toUpperCase());
}

export const article = (noun: string): string => (/^[aeiou]/i.test(noun) ? "an" : "a");

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`;
