/**
 * Reads tables of numbers: comma, semicolon or tab separated, with or without a header line, with or without a time stamp.
 * Every refusal names the line.
 */
import Papa from "papaparse";
import {
  type CsvColumn,
  columnOf,
  dateMs,
  secondsToMs,
  type TimeColumn,
  timeColumnOf,
} from "./csv-columns.ts";
import {
  invalidFile,
  type ReadOptions,
  type ReadResult,
  requireFinite,
  requireText,
  streamsByColumns,
} from "./reader.ts";
import { timeBaseOf } from "./time-base.ts";

const NOTHING_DONE = "Nothing was imported from this file.";

/** Where time stamps say nothing of their unit, a rate from here on is more likely seconds that were taken for milliseconds. */
const DOUBTFUL_RATE_HZ = 20_000;

export function readCsv(name: string, bytes: Uint8Array, options: ReadOptions): ReadResult {
  const lines = dataLines(requireText(name, bytes));
  const first = lines.next().value;
  if (first === undefined) {
    throw invalidFile(name, "the file is empty.");
  }
  const delimiter = delimiterOf(first.text);
  const decimalComma = delimiter !== ",";
  const cellsIn = ({ text }: Line): string[] =>
    text.includes('"') ? cellsOf(text, delimiter) : text.split(delimiter);
  const isNumber = (cell: string): boolean => !Number.isNaN(parseNumber(cell, decimalComma));
  const head = cellsOf(first.text, delimiter);
  const named = !head.every(isNumber);
  // A separator at the end of every line, the header's too, makes no column.
  const open = named && head.length > 1 && head.at(-1)?.trim() === "";
  const width = open ? head.length - 1 : head.length;
  let columns: readonly CsvColumn[] = named
    ? head.slice(0, width).map(columnOf)
    : head.map((_, index) => ({ name: `channel${index + 1}`, unit: "" }));
  if (named) requireNames(name, columns);

  let next = named ? lines.next().value : first;
  if (named && next !== undefined) {
    const units = cellsIn(next).slice(0, width);
    // A second line of words in place of numbers, as some loggers write: the units.
    if (units.length === width && units.every((cell) => !isNumber(cell) && !NO_UNIT.test(cell.trim()))) {
      columns = columns.map((column, index) =>
        column.unit === "" ? { name: column.name, unit: plainUnit(units[index] as string) } : column,
      );
      next = lines.next().value;
    }
  }
  const time = named ? timeOf(name, columns, next === undefined ? [] : cellsIn(next), options) : undefined;
  const channels = columns.filter((_, index) => index !== time?.index);
  if (channels.length === 0) {
    throw invalidFile(name, "there is no column of samples beside the time stamp.", NOTHING_DONE);
  }

  const stamps: number[] = [];
  const lineOfSample: number[] = [];
  const values = new NumberList();
  for (; next !== undefined; next = lines.next().value) {
    const line = next;
    const cells = cellsIn(line);
    if (open && cells.length === head.length && cells.at(-1)?.trim() === "") cells.pop();
    if (cells.length !== width) {
      const cut = line.last && cells.length < width ? " (the file seems to have been cut off)" : "";
      throw invalidFile(
        name,
        `line ${line.number} has ${cells.length} ${cells.length === 1 ? "value" : "values"}, ${width} were expected${cut}.`,
        NOTHING_DONE,
      );
    }
    for (let index = 0; index < width; index++) {
      const cell = cells[index] as string;
      if (index === time?.index && time.unit === null) continue;
      const isTime = index === time?.index;
      const value = isTime && time.unit === "date" ? dateMs(cell) : parseNumber(cell, decimalComma);
      const rounded = isTime ? value : Math.fround(value);
      if (!Number.isFinite(rounded)) {
        const place = `line ${line.number}, column ${columns[index]?.name}`;
        requireFinite(Number.isFinite(value) ? rounded : value, cell.trim(), name, place);
      }
      if (isTime) stamps.push(time.unit === "s" ? secondsToMs(value) : value);
      else values.push(rounded);
    }
    lineOfSample.push(line.number);
  }
  if (lineOfSample.length === 0) {
    throw invalidFile(name, "there is no line of samples below the header.", NOTHING_DONE);
  }
  return toResult(name, channels, values.toArray(), { time, stamps, lineOfSample }, options);
}

/** What stands in a cell in place of a number, or is a date: a line with one of these is no line of units. */
const NO_UNIT = /^(|[+-]?(nan|inf|infinity)|null|none|n\/?a|\?|\d{4}-.*|.*\d:\d.*)$/i;

const plainUnit = (cell: string): string => cell.trim().replace(/^[([](.*)[)\]]$/, "$1");

type Times = {
  readonly time: TimeColumn | undefined;
  readonly stamps: readonly number[];
  readonly lineOfSample: readonly number[];
};

function toResult(
  name: string,
  channels: readonly CsvColumn[],
  values: Float32Array,
  { time, stamps, lineOfSample }: Times,
  options: ReadOptions,
): ReadResult {
  const result = (
    rateHz: number,
    base: Pick<Extract<ReturnType<typeof timeBaseOf>, { rateHz: number }>, "gaps" | "findings">,
    notes: string[] = [],
  ): ReadResult => ({
    recordings: [
      {
        suffix: "",
        label: null,
        streams: streamsByColumns(channels, values, rateHz, base.gaps),
        findings: base.findings,
      },
    ],
    notes,
  });
  const nothing = { gaps: [], findings: [] };
  if (time === undefined || time.unit === null) {
    if (options.rateHz === undefined) {
      throw invalidFile(
        name,
        "there is no `timestamp` column, so the sampling rate is unknown.",
        "Give it, for example --rate 100.",
      );
    }
    const left = `${name}: the column ${time?.name} was left out, because its unit is not known; the rate is the given one.`;
    return result(options.rateHz, nothing, time === undefined ? [] : [left]);
  }
  const unit = time.unit === "us" || time.unit === "ns" ? time.unit : "ms";
  const base = timeBaseOf(Float64Array.from(stamps), unit);
  if ("message" in base) {
    const backwards = base.message.startsWith("the time goes back");
    if (options.rateHz !== undefined && !backwards) return result(options.rateHz, nothing);
    throw invalidFile(
      name,
      `line ${lineOfSample[base.sample]}: ${base.message}.`,
      backwards
        ? "Put the lines in the order of time, divide the file there, or remove that column and give --rate."
        : "The `timestamp` column must hold rising milliseconds; give --rate where it does not.",
    );
  }
  const doubtful = options.rateHz === undefined && time.unit === "ms" && base.rateHz >= DOUBTFUL_RATE_HZ;
  return result(
    options.rateHz ?? base.rateHz,
    base,
    doubtful
      ? [
          `${name}: by its column ${time.name} in milliseconds the rate is ${base.rateHz} Hz. Call it time_s where it is in seconds.`,
        ]
      : [],
  );
}

type Line = { readonly text: string; readonly number: number; readonly last: boolean };

/** Lines that are neither empty nor a comment (`#`), with their numbers from 1. */
function* dataLines(text: string): Generator<Line, undefined> {
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end);
    start = end + 1;
    if (line.trim() !== "" && !line.startsWith("#")) {
      yield { text: line, number, last: start >= text.length };
    }
  }
}

function delimiterOf(line: string): string {
  const counts = ["\t", ";", ","].map((delimiter) => ({ delimiter, count: line.split(delimiter).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best), { delimiter: ",", count: 1 })
    .delimiter;
}

function cellsOf(line: string, delimiter: string): string[] {
  return Papa.parse<string[]>(line, { delimiter }).data[0] ?? [];
}

/** Throws `invalid-file` for names that are missing or double. */
function requireNames(file: string, columns: readonly CsvColumn[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of columns.entries()) {
    if (name === "") {
      throw invalidFile(file, `column ${index + 1} of the header has no name.`, NOTHING_DONE);
    }
    if (seen.has(name)) {
      throw invalidFile(file, `two columns are called ${name}.`, NOTHING_DONE);
    }
    seen.add(name);
  }
}

/**
 * The time column, where there is one; dates are known by the first line of samples. Throws `invalid-file` for one whose unit would
 * have to be guessed where the rate is not given either.
 */
function timeOf(
  file: string,
  columns: readonly CsvColumn[],
  firstCells: readonly string[],
  options: ReadOptions,
): TimeColumn | undefined {
  const time = timeColumnOf(columns);
  if (time === undefined) return undefined;
  if (!Number.isNaN(dateMs(firstCells[time.index] ?? ""))) return { ...time, unit: "date" };
  if (time.unit === null && options.rateHz === undefined) {
    throw invalidFile(
      file,
      `the column ${time.name} seems to be a time, but not in milliseconds.`,
      "Put its unit into its name (time_s, time_ms, time_us), or give --rate.",
    );
  }
  return time;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number in a cell, NaN where it is none (JavaScript would take "" and "0x1f" too). */
function parseNumber(cell: string, decimalComma: boolean): number {
  const text = cell.trim();
  if (NUMBER.test(text)) {
    return Number(text);
  }
  if (decimalComma && text.includes(",")) {
    const point = text.replace(",", ".");
    return NUMBER.test(point) ? Number(point) : Number.NaN;
  }
  return Number.NaN;
}

/** A growing list of float32 values. */
class NumberList {
  #values = new Float32Array(4096);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  toArray(): Float32Array {
    return this.#values.slice(0, this.#length);
  }
}
