/** Numbers, times and dates as the language in use writes them. Knows no texts. */
import i18next from "i18next";

const language = (): string => i18next.resolvedLanguage ?? "en";

/** Formats are dear to make and cheap to use. */
const kept = new Map<string, Intl.NumberFormat>();

function numberFormat(tag: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = tag + JSON.stringify(options);
  const format = kept.get(key) ?? new Intl.NumberFormat(tag, options);
  kept.set(key, format);
  return format;
}

/** What stands between whole and part: a point or a comma. */
export const decimalSeparator = (tag = language()): string =>
  numberFormat(tag, {})
    .formatToParts(1.5)
    .find(({ type }) => type === "decimal")?.value ?? ".";

/** With exactly `digits` after the separator, such as 4.0 or 4,0. */
export const fixed = (value: number, digits: number): string =>
  numberFormat(language(), {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  }).format(value);

/** Figures of four digits are read well as they are: 1600, and 16,000. */
const GROUPING = { useGrouping: "min2" } as unknown as Intl.NumberFormatOptions;

/** As many digits as it has, `digits` after the separator at most, thousands parted. */
export const grouped = (value: number, digits = 6): string =>
  numberFormat(language(), { maximumFractionDigits: digits, ...GROUPING }).format(value);

/** A number that was written with a point (by `toPrecision`, say), as the language writes it. */
export const localised = (text: string): string => String(formatValue(text, language(), ""));

/** A share of one: 97.3 %, never parted at the end of a line. */
export const percent = (share: number): string => `${grouped(Math.round(share * 1000) / 10)}\u00a0%`;

export const kilobytes = (bytes: number): string =>
  bytes < 10_000 ? `${fixed(bytes / 1000, 1)} kB` : `${grouped(Math.round(bytes / 1000))} kB`;

/** Seconds of one unit from which on the next larger one is used: figures stay below three digits where that can be. */
const SPANS = [
  { below: 180, seconds: 1, unit: "s" },
  { below: 180 * 60, seconds: 60, unit: "min" },
  { below: 100 * 3600, seconds: 3600, unit: "h" },
] as const;
const DAY = 24 * 3600;

/** A length of time in the one unit that suits it: 95 s, 21 min, 41 h, 12 days. Whole figures; more than a thousand days are no more than that. */
export function duration(seconds: number): string {
  const span = SPANS.find(({ below }) => Math.round(seconds) < below);
  if (span !== undefined) return `${grouped(Math.round(seconds / span.seconds))} ${span.unit}`;
  const days = numberFormat(language(), { style: "unit", unit: "day", unitDisplay: "long" });
  const count = Math.floor(seconds / DAY);
  return count > 1000 ? `> ${days.format(1000)}` : days.format(count);
}

const moment = (at: string | number | Date, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(dateTag(), options).format(new Date(at));

/** The whole date with its day of the week. */
export const fullDateOf = (at: string | number | Date): string => moment(at, { dateStyle: "full" });
/** Hour and minute. */
export const hourOf = (at: string | number | Date): string => moment(at, { timeStyle: "short" });

/** Day and hour as the system's own region has them, where it speaks the language in use; else as the language has them. */
const dateTag = (): string =>
  navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === language()) ?? language();

export const dateOf = (at: string | number | Date): string => moment(at, { dateStyle: "short" });
export const timeOf = (at: string | number | Date): string => moment(at, { timeStyle: "medium" });
export const dateAndTimeOf = (at: string | number | Date): string =>
  moment(at, { dateStyle: "short", timeStyle: "short" });

const DECIMAL = /^-?\d+\.\d+(e[+-]?\d+)?(?=\s|$)/;
/** Placeholders that hold names: what looks like a number in them is none. */
const NAMED = /name|label|path|port|version|file|group|was|called|wanted/i;

/**
 * Writes what is put into a text: numbers, and texts that begin with a decimal number ("4.0", "3.2 kB"), get the language's
 * separators. For i18next, which calls it for every placeholder.
 */
export function formatValue(value: unknown, tag: string | undefined, placeholder: string): unknown {
  if (typeof value === "number" && Number.isFinite(value)) {
    return numberFormat(tag ?? "en", { maximumFractionDigits: 6, ...GROUPING }).format(value);
  }
  if (typeof value === "string" && DECIMAL.test(value) && !NAMED.test(placeholder)) {
    return value.replace(".", decimalSeparator(tag ?? "en"));
  }
  return value;
}
