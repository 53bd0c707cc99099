/**
 * A recording from a board into a project: which sensors, how long, and what becomes of it where something goes wrong. All
 * that came in stays; what did not come is a gap. Knows sessions and the dataset; no files, no ports.
 */
import type { RecordingRequest, RecordingResult, RecordingState } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { SensorDescription } from "../boards/link/hello.ts";
import type { SamplesMessage } from "../boards/link/messages.ts";
import type { Dataset, NewStream, RecordingWriter } from "../dataset/types.ts";

export type RecordOptions = WorkOptions & {
  /** Ends the recording as if its time were over. */
  readonly stop?: AbortSignal | undefined;
  readonly onState?: ((state: RecordingState) => void) | undefined;
};

export type ChosenSensor = {
  readonly index: number;
  readonly sensor: SensorDescription;
  readonly rateHz: number;
};

/** Without a sample for this long, a board that should send some is taken for dead, milliseconds. */
const SILENCE_MS = 5000;
const TICK_MS = 250;

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
 * Records. Resolves when the time is over or `stop` is called. Where the board goes away, stays silent, or `signal` is
 * aborted, what came in is kept as an incomplete recording, and the error (`board-unplugged`, `board-timeout`, `cancelled`)
 * says which. A recording without a single sample is not kept.
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
    origin: "board",
    source: `${session.hello.name} at ${session.port}`,
    streams: chosen.map(streamOf),
  });
  const recorder = new Recorder(writer, chosen, request.seconds);
  let failure: unknown = null;
  try {
    await sample(session, chosen, recorder, request, options);
  } catch (error) {
    failure = error;
  }
  const result = finish(writer, recorder, request.label, failure !== null);
  options.onState?.({ kind: "idle" });
  if (failure !== null) {
    throw withKept(failure, result);
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

async function sample(
  session: BoardSession,
  chosen: readonly ChosenSensor[],
  recorder: Recorder,
  request: RecordingRequest,
  options: RecordOptions,
): Promise<void> {
  const { signal, stop, onProgress, onState } = options;
  await new Promise<void>((resolve, reject) => {
    let lastHeard = performance.now();
    const cancel = (): void =>
      end(new LimpetError("cancelled", "The recording was ended.", { cause: signal?.reason }));
    const finishEarly = (): void => end(null);
    const unlisten = session.listen((event) => {
      if (event.kind === "lost") end(event.error);
      if (event.kind !== "samples") return;
      lastHeard = performance.now();
      try {
        if (recorder.add(event.samples)) end(null);
      } catch (error) {
        end(error);
      }
    });
    const timer = setInterval(() => {
      const seconds = recorder.seconds;
      onState?.({
        kind: "recording",
        label: request.label,
        seconds,
        ofSeconds: request.seconds,
        lostSamples: recorder.lost,
      });
      onProgress?.("recording", request.seconds === null ? 0 : Math.min(1, seconds / request.seconds));
      if (performance.now() - lastHeard > SILENCE_MS + recorder.slowestPeriodMs) {
        end(
          new LimpetError("board-timeout", `The board at ${session.port} stopped sending.`, {
            field: session.port,
            hint: "Restart the board and see that its cable sits well.",
          }),
        );
      }
    }, TICK_MS);
    const end = (error: unknown): void => {
      clearInterval(timer);
      unlisten();
      signal?.removeEventListener("abort", cancel);
      stop?.removeEventListener("abort", finishEarly);
      if (error === null) resolve();
      else reject(error);
    };
    signal?.addEventListener("abort", cancel);
    stop?.addEventListener("abort", finishEarly);
    if (signal?.aborted === true) return cancel();
    if (stop?.aborted === true) return finishEarly();
    session.start(chosen.map(({ index, rateHz }) => ({ index, rateHz }))).catch(end);
  }).finally(async () => {
    if (session.lost === null) await session.stop().catch(() => {});
  });
}

/** Sorts samples into streams, up to the length that was asked for. */
class Recorder {
  readonly #writer: RecordingWriter;
  readonly #chosen: readonly ChosenSensor[];
  readonly #wanted: readonly number[];
  readonly #next: number[];
  readonly #lost: number[];
  readonly #gaps: number[];

  constructor(writer: RecordingWriter, chosen: readonly ChosenSensor[], seconds: number | null) {
    this.#writer = writer;
    this.#chosen = chosen;
    this.#wanted = chosen.map(({ rateHz }) =>
      seconds === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.round(seconds * rateHz)),
    );
    this.#next = chosen.map(() => 0);
    this.#lost = chosen.map(() => 0);
    this.#gaps = chosen.map(() => 0);
  }

  /** Seconds of the stream that is least far. */
  get seconds(): number {
    return Math.min(...this.#chosen.map(({ rateHz }, stream) => (this.#next[stream] as number) / rateHz));
  }
  get lost(): number {
    return this.#lost.reduce((sum, lost) => sum + lost, 0);
  }
  get gaps(): number {
    return this.#gaps.reduce((sum, gaps) => sum + gaps, 0);
  }
  /** Samples stored of the first stream. */
  get samples(): number {
    return (this.#next[0] as number) - (this.#lost[0] as number);
  }
  get rateHz(): number {
    return (this.#chosen[0] as ChosenSensor).rateHz;
  }
  get slowestPeriodMs(): number {
    return Math.max(...this.#chosen.map(({ rateHz }) => 1000 / rateHz));
  }

  /** Takes samples in; true when every stream is as long as was asked for. */
  add(message: SamplesMessage): boolean {
    const stream = this.#chosen.findIndex(({ index }) => index === message.sensor);
    const chosen = this.#chosen[stream];
    if (chosen === undefined || message.channels !== chosen.sensor.channels.length) {
      return false;
    }
    const wanted = this.#wanted[stream] as number;
    const first = Number(message.firstSample);
    const next = this.#next[stream] as number;
    if (first > next && next < wanted) {
      const lost = Math.min(first, wanted) - next;
      this.#writer.addGap(stream, lost);
      this.#lost[stream] = (this.#lost[stream] as number) + lost;
      this.#gaps[stream] = (this.#gaps[stream] as number) + 1;
      this.#next[stream] = next + lost;
    }
    // Samples that came twice (after a repeated frame) are passed over, and so is what comes after the end.
    const from = Math.max(first, this.#next[stream] as number);
    const to = Math.min(first + message.count, wanted);
    if (to > from) {
      const { channels } = message;
      const data = message.data.subarray((from - first) * channels, (to - first) * channels);
      const timeUs = message.timeUs + BigInt(Math.round(((from - first) * 1e6) / chosen.rateHz));
      this.#writer.append(stream, { samples: to - from, data }, timeUs);
      this.#next[stream] = to;
    }
    return this.#next.every((reached, index) => reached >= (this.#wanted[index] as number));
  }
}

function finish(
  writer: RecordingWriter,
  recorder: Recorder,
  label: string,
  incomplete: boolean,
): RecordingResult | null {
  if (recorder.samples <= 0 && recorder.seconds <= 0) {
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
