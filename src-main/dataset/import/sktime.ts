/**
 * Reads the `.ts` format of sktime and aeon (https://www.sktime.net, "ts file format"): one series a line, dimensions
 * separated by colons, values by commas, the class or the target value last. Each series becomes a recording.
 */
import {
  invalidFile,
  type ReadOptions,
  type ReadRecording,
  type ReadResult,
  requireFinite,
  requireText,
  streamsByColumns,
} from "./reader.ts";

type Header = {
  timeStamps: boolean;
  labelled: boolean;
  rateHz: number | null;
  dimensionNames: string[] | null;
};

export function readSktime(name: string, bytes: Uint8Array, options: ReadOptions): ReadResult {
  const lines = requireText(name, bytes).split(/\r?\n/);
  const header: Header = { timeStamps: false, labelled: false, rateHz: null, dimensionNames: null };
  let line = 0;
  for (; line < lines.length; line++) {
    const text = (lines[line] as string).trim();
    if (text.toLowerCase() === "@data") break;
    if (text.startsWith("@")) readHeaderLine(text, header);
    else if (text !== "" && !text.startsWith("#")) {
      throw invalidFile(name, `line ${line + 1}: a header line begins with @, but this one does not.`);
    }
  }
  if (line === lines.length) {
    throw invalidFile(name, "there is no @data line: the file is truncated or of another format.");
  }
  if (header.timeStamps) {
    throw invalidFile(
      name,
      "series with time stamps of their own are not supported.",
      "Export the data with @timeStamps false.",
    );
  }
  const rateHz = options.rateHz ?? header.rateHz ?? 1;
  const recordings: ReadRecording[] = [];
  let dimensions = 0;
  for (line++; line < lines.length; line++) {
    const text = (lines[line] as string).trim();
    if (text === "" || text.startsWith("#")) continue;
    const recording = readSeries(name, line + 1, text, header, rateHz);
    const width = recording.streams.reduce((sum, { stream }) => sum + stream.channels.length, 0);
    if (dimensions !== 0 && width !== dimensions) {
      throw invalidFile(
        name,
        `line ${line + 1} has ${width} dimensions, ${dimensions} were expected (the file may be truncated).`,
      );
    }
    dimensions = width;
    recordings.push({ ...recording, suffix: `-${String(recordings.length + 1).padStart(3, "0")}` });
  }
  if (recordings.length === 0) {
    throw invalidFile(name, "there is no series after @data.");
  }
  const assumed = options.rateHz === undefined && header.rateHz === null;
  const notes = assumed
    ? [`${name} does not state its sampling rate; 1 Hz was assumed. Give --rate to say better.`]
    : [];
  return { recordings, notes };
}

function readHeaderLine(text: string, header: Header): void {
  const [key = "", ...values] = text.split(/\s+/);
  switch (key.toLowerCase()) {
    case "@timestamps":
      header.timeStamps = values[0]?.toLowerCase() === "true";
      break;
    case "@classlabel":
    case "@targetlabel":
      header.labelled = values[0]?.toLowerCase() === "true";
      break;
    case "@samplingrate":
    case "@samplerate":
    case "@frequency": {
      const rate = Number(values[0]);
      header.rateHz = rate > 0 && Number.isFinite(rate) ? rate : null;
      break;
    }
    case "@dimensionnames":
    case "@channelnames":
      header.dimensionNames = values;
      break;
    default:
      // Problem name, lengths and the like: the data says the same.
      break;
  }
}

function readSeries(
  name: string,
  lineNumber: number,
  text: string,
  header: Header,
  rateHz: number,
): ReadRecording {
  const parts = text.split(":");
  const label = header.labelled ? (parts.pop() as string).trim() : null;
  if (label === "" || parts.length === 0) {
    throw invalidFile(
      name,
      `line ${lineNumber} has no ${parts.length === 0 ? "values" : "label"} (the file may be truncated).`,
    );
  }
  const rows = parts.map((part, dimension) =>
    part.split(",").map((cell) => {
      const value = cell.trim() === "" ? Number.NaN : Number(cell);
      return requireFinite(value, cell.trim(), name, `line ${lineNumber}, dimension ${dimension + 1}`);
    }),
  );
  const length = rows[0]?.length ?? 0;
  const width = rows.length;
  const values = new Float32Array(length * width);
  for (const [dimension, row] of rows.entries()) {
    if (row.length !== length) {
      throw invalidFile(
        name,
        `line ${lineNumber}: dimension ${dimension + 1} has ${row.length} values, ${length} were expected (the file may be truncated).`,
      );
    }
    for (let i = 0; i < length; i++) values[i * width + dimension] = row[i] as number;
  }
  const named = header.dimensionNames?.length === width ? header.dimensionNames : null;
  const channels = rows.map((_, index) => ({ name: named?.[index] ?? `channel${index + 1}`, unit: "" }));
  return { suffix: "", label, streams: streamsByColumns(channels, values, rateHz, []), findings: [] };
}
