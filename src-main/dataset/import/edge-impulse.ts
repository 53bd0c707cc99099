/**
 * Reads Edge Impulse's data acquisition format (https://docs.edgeimpulse.com/reference/data-ingestion/data-acquisition-format)
 * in JSON and CBOR. Signatures are not checked: they prove which key a device held, and the key is Edge Impulse's.
 */
import { decode } from "cbor-x";
import { z } from "zod";
import { invalidFile, type ReadResult, requireFinite, requireText, streamsByColumns } from "./reader.ts";
import { tidyRate } from "./time-base.ts";

const acquisition = z.object({
  payload: z.object({
    interval_ms: z.number().positive(),
    sensors: z.array(z.object({ name: z.string().min(1), units: z.string() })).min(1),
    values: z.array(z.union([z.number(), z.array(z.number())])).min(1),
  }),
});

export function readEdgeImpulseJson(name: string, bytes: Uint8Array): ReadResult {
  const text = requireText(name, bytes);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalidFile(
      name,
      `this is not JSON (${error instanceof Error ? error.message : "it cannot be read"}): it may be truncated.`,
    );
  }
  return toResult(name, content);
}

export function readEdgeImpulseCbor(name: string, bytes: Uint8Array): ReadResult {
  if (bytes.byteLength === 0) {
    throw invalidFile(name, "the file is empty.");
  }
  let content: unknown;
  try {
    content = decode(bytes);
  } catch (error) {
    throw invalidFile(
      name,
      `this is not CBOR (${error instanceof Error ? error.message : "it cannot be read"}): it may be truncated.`,
    );
  }
  return toResult(name, content);
}

function toResult(name: string, content: unknown): ReadResult {
  const checked = acquisition.safeParse(content);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    const place = issue?.path.length ? `${issue.path.join(".")}: ` : "";
    throw invalidFile(
      name,
      `this is not in Edge Impulse's data acquisition format (${place}${issue?.message ?? "unknown"}).`,
    );
  }
  const { interval_ms: interval, sensors, values } = checked.data.payload;
  const width = sensors.length;
  const samples = new Float32Array(values.length * width);
  let counts = true;
  for (const [row, entry] of values.entries()) {
    const cells = typeof entry === "number" ? [entry] : entry;
    if (cells.length !== width) {
      throw invalidFile(name, `payload.values.${row} has ${cells.length} numbers, ${width} were expected.`);
    }
    for (const [column, value] of cells.entries()) {
      samples[row * width + column] = requireFinite(value, String(value), name, `payload.values.${row}`);
      counts &&= Number.isInteger(value) && value >= -32768 && value <= 32767;
    }
  }
  const rateHz = tidyRate(1000 / interval);
  // Their sound is 16-bit counts with the unit "wav"; full scale is 1 here, as in a WAV file.
  if (counts && sensors.every((sensor) => sensor.units === "wav")) {
    const channels = sensors.map((sensor) => ({ name: sensor.name, unit: "" }));
    const stream = { sensor: "microphone", channels, rateHz, sampleType: "int16" as const, scale: 1 / 32768 };
    const streams = [{ stream, samples: Int16Array.from(samples), gaps: [] }];
    return { recordings: [{ suffix: "", label: null, streams, findings: [] }], notes: [] };
  }
  const columns = sensors.map((sensor) => ({
    name: sensor.name,
    unit: sensor.units === "N/A" ? "" : sensor.units,
  }));
  return {
    recordings: [
      { suffix: "", label: null, streams: streamsByColumns(columns, samples, rateHz, []), findings: [] },
    ],
    notes: [],
  };
}
