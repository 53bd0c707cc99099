/**
 * A recording from a board into a project: which sensors, how long, and what becomes of it where something goes wrong. All
 * that came in stays; what did not come is a gap. Knows sessions and the dataset; no files, no ports.
 */
import type { QualityFinding, RecordingRequest, RecordingResult } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { Dataset, NewStream, RecordingWriter } from "../dataset/types.ts";
import { RecordingRun, type RecordOptions } from "./recording-run.ts";
import { type ChosenSensor, SampleRecorder } from "./sample-recorder.ts";

export type { RecordOptions } from "./recording-run.ts";
export type { ChosenSensor } from "./sample-recorder.ts";

/** The sensors that a request names, all of the board's where it names none. Throws `usage`. */
export function chooseSensors(
  session: BoardSession,
  wanted: readonly { readonly id: string; readonly rateHz?: number | undefined }[],
): ChosenSensor[] {
  const { sensors } = session.hello;
  if (sensors.length === 0) {
    throw new LimpetError("usage", `The board at ${session.port} has no sensors.`, {
      field: "sensor",
      hint: "See `limpet boards`.",
    });
  }
  const all =
    wanted.length === 0 ? sensors.map(({ id }): { id: string; rateHz?: number } => ({ id })) : wanted;
  return all.map(({ id, rateHz }) => {
    const index = sensors.findIndex((sensor) => sensor.id === id);
    const sensor = sensors[index];
    if (sensor === undefined) {
      throw new LimpetError("usage", `The board has no sensor ${id}.`, {
        field: "sensor",
        hint: `It has ${sensors.map((known) => known.id).join(", ")}.`,
      });
    }
    // Rates travel as float32.
    const rate =
      rateHz === undefined
        ? sensor.rates[0]
        : sensor.rates.find((known) => Math.abs(known - rateHz) <= 1e-5 * rateHz);
    if (rate === undefined) {
      throw new LimpetError("usage", `The sensor ${id} cannot be read at ${rateHz} Hz.`, {
        field: "sensor",
        hint: `Its rates are ${sensor.rates.join(", ")} Hz.`,
      });
    }
    return { index, sensor, rateHz: rate };
  });
}

/** How the samples of a sensor are stored: as they come, with the value of one count. */
export function streamOf({ sensor, rateHz }: ChosenSensor): NewStream {
  return {
    sensor: sensor.id,
    channels: sensor.channels.map((name) => ({ name, unit: sensor.unit })),
    rateHz,
    sampleType: sensor.sampleType,
    scale: sensor.sampleType === "int16" ? sensor.resolution : 1,
  };
}

/**
 * Records. Resolves when the time is over or `stop` is called. A line that breaks off is waited for where `reconnect` is given:
 * if the board went on sampling, so does the recording, with a gap of exactly what was missed. Where the board restarts, goes
 * away, stays silent, or `signal` is aborted, what came in is kept as an incomplete recording, and the error
 * (`board-unplugged`, `board-timeout`, `cancelled`) says which. A recording without a single sample is not kept.
 */
export async function recordFromBoard(
  dataset: Dataset,
  session: BoardSession,
  request: RecordingRequest,
  options: RecordOptions = {},
): Promise<RecordingResult> {
  const chosen = chooseSensors(session, request.sensors);
  const writer = dataset.beginRecording({
    name: recordingName(request.label, new Date()),
    label: request.label,
    group: request.group,
    machine: request.machine,
    mount: request.mount,
    photo: request.photo,
    origin: "board",
    source: `${session.hello.name} at ${session.port}`,
    streams: chosen.map(streamOf),
  });
  const recorder = new SampleRecorder(writer, chosen, request.seconds);
  let failure: unknown = null;
  let rates: QualityFinding[] = [];
  try {
    const run = new RecordingRun(session, chosen, recorder, writer, request, options);
    await run.run().finally(() => {
      rates = run.rateFindings();
    });
  } catch (error) {
    failure = error;
  }
  let result: RecordingResult | null;
  try {
    result = finish(writer, recorder, request.label, failure !== null);
    if (result !== null && rates.length > 0) {
      const { quality } = dataset.recording(result.recording);
      dataset.setQuality(result.recording, [...quality, ...rates]);
    }
  } catch (error) {
    throw notFinished(error);
  } finally {
    options.onState?.({ kind: "idle" });
  }
  if (failure !== null) {
    throw withKept(failure, result);
  }
  if (result === null && request.trigger !== null && request.trigger !== undefined) {
    throw new LimpetError("cancelled", "The signal did not reach the level; nothing was recorded.");
  }
  if (result === null) {
    throw new LimpetError("board-timeout", "The board sent no samples.", {
      field: session.port,
      hint: "Restart the board and try again.",
    });
  }
  return result;
}

const recordingName = (label: string, at: Date): string =>
  `${label}.${at.toISOString().slice(0, 23).replace("T", "-").replaceAll(":", "").replace(".", "-")}`;

function finish(
  writer: RecordingWriter,
  recorder: SampleRecorder,
  label: string,
  incomplete: boolean,
): RecordingResult | null {
  if (recorder.stored === 0) {
    writer.discard();
    return null;
  }
  const info = writer.finish({ incomplete });
  return {
    recording: info.id,
    label,
    seconds: info.seconds,
    rate: recorder.rateHz,
    samples: recorder.samples,
    gaps: recorder.gaps,
    lostSamples: recorder.lost,
  };
}

/** The end could not be written (the disk stayed full, was pulled out): what was committed before is safe. */
function notFinished(error: unknown): unknown {
  return error instanceof LimpetError
    ? new LimpetError(
        error.code,
        `${error.message} The recording could not be ended; what was saved before is kept, and is listed when the project is opened again.`,
        { hint: error.hint, field: error.field, cause: error },
      )
    : error;
}

/** The same error, saying also what was kept. */
function withKept(failure: unknown, kept: RecordingResult | null): unknown {
  if (!(failure instanceof LimpetError)) {
    return failure;
  }
  const what =
    kept === null
      ? "Nothing had been recorded yet."
      : `The ${kept.seconds.toFixed(1)} s up to then are kept as recording ${kept.recording}, marked incomplete.`;
  return new LimpetError(failure.code, `${failure.message} ${what}`, {
    hint: failure.hint,
    field: failure.field,
    cause: failure,
  });
}
