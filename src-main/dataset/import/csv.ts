/**
 * Reads tables of numbers: comma, semicolon or tab separated, with or without a header line, with or without a time stamp
 * in milliseconds. Every refusal names the line.
 */
import Papa from "papaparse";
import {
  invalidFile,
  type ReadOptions,
  type ReadResult,
  requireFinite,
  requireText,
  streamsByColumns,
} from "./reader.ts";
import { timeBaseOf } from "./time-base.ts";

/** Names of a column that holds the time in milliseconds. */
const TIME_COLUMN =
  /^(timestamps?|time_?stamp|time|t)?[ _]*[([]?(ms|millis|milliseconds)[)\]]?$|^time_?stamps?$/i;
/** Names of a column that holds a time in a unit that would have to be guessed. */
const OTHER_TIME_COLUMN = /^(time|t|date|datetime|seconds|time[ _]*[([]?(s|us|µs|seconds)[)\]]?)$/i;

const NOTHING_DONE = "Nothing was imported from this file.";

export function readCsv(name: string, bytes: Uint8Array, options: ReadOptions): ReadResult {
  const lines = dataLines(requireText(name, bytes));
  const first = lines.next().value;
  if (first === undefined) {
    throw invalidFile(name, "the file is empty.");
  }
  const delimiter = delimiterOf(first.text);
  const head = cellsOf(first.text, delimiter);
  const decimalComma = delimiter !== ",";
  const named = head.some((cell) => Number.isNaN(parseNumber(cell, decimalComma)));
  const columns = named
    ? head.map(columnOf)
    : head.map((_, index) => ({ name: `channel${index + 1}`, unit: "" }));
  const timeColumn = named ? requireColumns(name, columns) : -1;
  const channels = columns.filter((_, index) => index !== timeColumn);
  if (channels.length === 0) {
    throw invalidFile(name, "there is no column of samples beside the time stamp.", NOTHING_DONE);
  }

  const stamps: number[] = [];
  const lineOfSample: number[] = [];
  const values = new NumberList();
  const addLine = (line: Line): void => {
    const cells = line.text.includes('"') ? cellsOf(line.text, delimiter) : line.text.split(delimiter);
    if (cells.length !== columns.length) {
      const cut = line.last && cells.length < columns.length ? " (the file seems to have been cut off)" : "";
      throw invalidFile(
        name,
        `line ${line.number} has ${cells.length} ${cells.length === 1 ? "value" : "values"}, ${columns.length} were expected${cut}.`,
        NOTHING_DONE,
      );
    }
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index] as string;
      const value = parseNumber(cell, decimalComma);
      if (!Number.isFinite(value)) {
        requireFinite(value, cell.trim(), name, `line ${line.number}, column ${columns[index]?.name}`);
      }
      if (index === timeColumn) {
        stamps.push(value);
      } else {
        const rounded = Math.fround(value);
        if (!Number.isFinite(rounded))
          requireFinite(rounded, cell, name, `line ${line.number}, column ${columns[index]?.name}`);
        values.push(rounded);
      }
    }
    lineOfSample.push(line.number);
  };
  if (!named) addLine(first);
  for (const line of lines) addLine(line);
  if (lineOfSample.length === 0) {
    throw invalidFile(name, "there is no line of samples below the header.", NOTHING_DONE);
  }
  return toResult(
    name,
    channels,
    values.toArray(),
    timeColumn < 0 ? null : Float64Array.from(stamps),
    lineOfSample,
    options,
  );
}

function toResult(
  name: string,
  channels: readonly { name: string; unit: string }[],
  values: Float32Array,
  stamps: Float64Array | null,
  lineOfSample: readonly number[],
  options: ReadOptions,
): ReadResult {
  if (stamps === null) {
    if (options.rateHz === undefined) {
      throw invalidFile(
        name,
        "there is no `timestamp` column, so the sampling rate is unknown.",
        "Give it, for example --rate 100.",
      );
    }
    const streams = streamsByColumns(channels, values, options.rateHz, []);
    return { recordings: [{ suffix: "", label: null, streams, findings: [] }], notes: [] };
  }
  const base = timeBaseOf(stamps);
  if ("message" in base) {
    if (options.rateHz !== undefined && !base.message.startsWith("the time goes back")) {
      const streams = streamsByColumns(channels, values, options.rateHz, []);
      return { recordings: [{ suffix: "", label: null, streams, findings: [] }], notes: [] };
    }
    throw invalidFile(
      name,
      `line ${lineOfSample[base.sample]}: ${base.message}.`,
      "The `timestamp` column must hold rising milliseconds; give --rate where it does not.",
    );
  }
  const streams = streamsByColumns(channels, values, options.rateHz ?? base.rateHz, base.gaps);
  return { recordings: [{ suffix: "", label: null, streams, findings: base.findings }], notes: [] };
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

/** `accX (g)` and `accX [g]` are the channel accX in g. */
function columnOf(cell: string): { name: string; unit: string } {
  const match = /^(.*?)\s*[([]([^)\]]*)[)\]]$/.exec(cell.trim());
  return match === null || TIME_COLUMN.test(cell.trim()) || match[1] === ""
    ? { name: cell.trim().replace(/^'/, ""), unit: "" }
    : { name: (match[1] as string).replace(/^'/, ""), unit: match[2] as string };
}

/** Index of the time column or -1. Throws `invalid-file` for names that are missing, double or speak of another time unit. */
function requireColumns(file: string, columns: readonly { readonly name: string }[]): number {
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
  const time = columns.findIndex(({ name }) => TIME_COLUMN.test(name));
  const other = columns.find(({ name }) => OTHER_TIME_COLUMN.test(name));
  if (time < 0 && other !== undefined) {
    throw invalidFile(
      file,
      `the column ${other.name} seems to be a time, but not in milliseconds.`,
      "Name it `timestamp` and write milliseconds, or remove it and give --rate.",
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
