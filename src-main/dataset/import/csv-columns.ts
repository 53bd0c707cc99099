/**
 * The columns of a table: their names and units, and which one holds the time, in which unit. Pure: knows cells of text, neither
 * samples nor files.
 */

export type CsvColumn = { readonly name: string; readonly unit: string };

/** How a time is written: as a number of a unit, or as a date (ISO 8601). */
export type TimeUnit = "s" | "ms" | "us" | "ns" | "date";

/** `unit` is null where nothing says it. */
export type TimeColumn = { readonly index: number; readonly name: string; readonly unit: TimeUnit | null };

const STAMP = /^time_?stamps?$/i;
const OTHER_TIME = /^(time|t|date|datetime|elapsed)$/i;
const UNITS: Readonly<Record<TimeUnit, RegExp>> = {
  s: /^(s|sec|secs|seconds)$/i,
  ms: /^(ms|msec|millis|milliseconds)$/i,
  us: /^(us|µs|μs|usec|micros|microseconds)$/i,
  ns: /^(ns|nanos|nanoseconds)$/i,
  date: /^(iso|iso ?8601|utc)$/i,
};
/** Units that are a time also where they are all of a column's name. */
const UNIT_ALONE = /^(ms|millis|milliseconds|seconds|micros|microseconds|nanos|nanoseconds)$/i;

/** `accX (g)` and `accX [g]` are the channel accX in g. */
export function columnOf(cell: string): CsvColumn {
  const match = /^(.*?)\s*[([]([^)\]]*)[)\]]$/.exec(cell.trim());
  return match === null || match[1] === ""
    ? { name: cell.trim().replace(/^'/, ""), unit: "" }
    : { name: (match[1] as string).replace(/^'/, ""), unit: match[2] as string };
}

/** The column that holds the time; one that is surely one goes before one that is by its name only. */
export function timeColumnOf(columns: readonly CsvColumn[]): TimeColumn | undefined {
  const found = columns.flatMap((column, index) => {
    const unit = timeUnitOf(column);
    return unit === undefined ? [] : [{ index, name: column.name, unit }];
  });
  return found.find(({ unit }) => unit !== null) ?? found[0];
}

/** Undefined for a column that is no time, null for one whose unit nothing says. `timestamp` alone is in milliseconds. */
function timeUnitOf({ name, unit }: CsvColumn): TimeUnit | null | undefined {
  const parts = /^(.+?)[ _]+([^ _]+)$/.exec(name);
  const [stem, said] =
    unit === "" && parts !== null ? [parts[1] as string, parts[2] as string] : [name, unit];
  if (STAMP.test(stem) || OTHER_TIME.test(stem)) {
    const known = unitOf(said);
    if (known !== undefined) return known;
    if (said === "") return STAMP.test(stem) ? "ms" : null;
    // A unit that is not known, such as `time (samples)`; `time_domain` is no time at all.
    return unit === "" ? undefined : null;
  }
  if (unit === "" && UNIT_ALONE.test(name)) return unitOf(name);
  return STAMP.test(name) || OTHER_TIME.test(name) ? null : undefined;
}

const unitOf = (text: string): TimeUnit | undefined =>
  (Object.keys(UNITS) as TimeUnit[]).find((unit) => UNITS[unit].test(text.trim()));

const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?$/i;

/**
 * Milliseconds since 1970 of a date with a time (ISO 8601, with fractions of any length; without a zone as if in UTC, because only
 * differences count), NaN for anything else.
 */
export function dateMs(text: string): number {
  const match = ISO.exec(text.trim());
  if (match === null) return Number.NaN;
  const [, day, hour, minute, second = "00", fraction = "0", zone = "Z"] = match;
  const plainZone = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  return Date.parse(`${day}T${hour}:${minute}:${second}${plainZone}`) + Number(`0.${fraction}`) * 1000;
}

/** Seconds as milliseconds, without the noise that decimal fractions bring. */
export function secondsToMs(seconds: number): number {
  const ms = seconds * 1000;
  const whole = Math.round(ms);
  return Math.abs(ms - whole) <= 1e-6 + Math.abs(ms) * 4e-16 ? whole : ms;
}
