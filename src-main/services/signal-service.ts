/** What the app shows and plays of a recording's signal beyond its waveform. Knows the dataset; not who asks. */
import type {
  ActiveParts,
  CheckedParams,
  Measures,
  RecordingInfo,
  Spectrogram,
  StreamInfo,
} from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { frameLevels, levelBetween, partsAbove } from "../dataset/active-parts.ts";
import { measure, spectrogram } from "../dataset/spectrum.ts";
import type { Dataset } from "../dataset/types.ts";

/** The most samples that are read at once, all channels counted. */
const MOST_VALUES = 4_000_000;

type Signals = Pick<Dataset, "readValues"> & { stream(streamId: number): StreamInfo };

/** Frequencies of a channel over time. Throws `not-found` for a channel or stream that is not there. */
export function signalSpectrogram(
  signals: Signals,
  request: CheckedParams<"recordings:get-spectrogram">,
): Spectrogram {
  const stream = streamWith(signals, request.streamId, request.channel);
  const { start, end } = rangeOf(stream, request);
  const width = stream.channels.length;
  const { levels, ...rest } = spectrogram(
    { start, end, rateHz: stream.rateHz, columns: request.columns },
    (from, count) => channelOf(signals.readValues(stream.id, from, count), request.channel, width),
  );
  return {
    streamId: stream.id,
    startSample: start,
    endSample: end,
    ...rest,
    base64: Buffer.from(levels).toString("base64"),
  };
}

/** What each channel does between two samples. Throws `usage` for a stretch that is too long to be measured at once. */
export function signalMeasures(signals: Signals, request: CheckedParams<"recordings:measure">): Measures {
  const stream = signals.stream(request.streamId);
  const { start, end } = rangeOf(stream, request);
  const width = stream.channels.length;
  requireBearable((end - start) * width);
  const values = signals.readValues(stream.id, start, end - start);
  return {
    seconds: (end - start) / stream.rateHz,
    unit: stream.channels[0]?.unit ?? "",
    channels: stream.channels.map(({ name }, channel) => ({
      name,
      ...measure(values, channel, width, stream.rateHz),
    })),
  };
}

/** Frames that activity is looked for in, seconds; for slow sensors at least this many samples. */
const FRAME_SECONDS = 0.02;
const FRAME_SAMPLES = 8;

/**
 * Stretches of a recording in which something goes on. Throws `not-found`, and `invalid-dataset` where no level was given and rest and
 * activity cannot be told apart.
 */
export function activeParts(
  signals: Signals & { recording(id: number): RecordingInfo },
  request: CheckedParams<"recordings:find-active">,
): ActiveParts {
  const recording = signals.recording(request.id);
  const stream =
    request.streamId === undefined
      ? recording.streams[0]
      : recording.streams.find(({ id }) => id === request.streamId);
  if (stream === undefined) {
    throw new LimpetError("not-found", "The recording has no such signal.", { field: "streamId" });
  }
  const { samples, rateHz, channels } = stream;
  const frame = Math.max(FRAME_SAMPLES, Math.round(rateHz * FRAME_SECONDS));
  const found = frameLevels({ samples, channels: channels.length, rateHz }, frame, (start, count) =>
    signals.readValues(stream.id, start, count),
  );
  const level = request.level ?? levelBetween(found.levels);
  if (level === null) {
    throw new LimpetError("invalid-dataset", "The signal is about as strong all the time.", {
      field: "level",
      hint: "Set a level by hand, or mark the part with the mouse.",
    });
  }
  return {
    parts: partsAbove(found, level, request, recording.seconds),
    level,
    unit: channels[0]?.unit ?? "",
    frameSeconds: found.frameSeconds,
  };
}

/** Samples of one channel as base64 of little-endian float32. Throws `usage` where they are too many. */
export function signalSamples(
  signals: Signals,
  request: CheckedParams<"recordings:get-samples">,
): { rateHz: number; base64: string } {
  const stream = streamWith(signals, request.streamId, request.channel);
  const { start, end } = rangeOf(stream, request);
  const width = stream.channels.length;
  requireBearable((end - start) * width);
  const values = channelOf(signals.readValues(stream.id, start, end - start), request.channel, width);
  return {
    rateHz: stream.rateHz,
    base64: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64"),
  };
}

function streamWith(signals: Signals, streamId: number, channel: number): StreamInfo {
  const stream = signals.stream(streamId);
  if (stream.channels[channel] === undefined) {
    throw new LimpetError("not-found", `The stream has no channel ${channel}.`, { field: "channel" });
  }
  return stream;
}

function rangeOf(
  stream: StreamInfo,
  { startSample, endSample }: { readonly startSample: number; readonly endSample: number | null },
): { readonly start: number; readonly end: number } {
  const end = Math.min(endSample ?? stream.samples, stream.samples);
  return { start: Math.min(startSample, end), end };
}

function channelOf(values: Float32Array, channel: number, width: number): Float32Array {
  return width === 1
    ? values
    : Float32Array.from({ length: values.length / width }, (_, i) => values[i * width + channel] as number);
}

function requireBearable(values: number): void {
  if (values > MOST_VALUES) {
    throw new LimpetError("usage", "This stretch is too long to be measured or played at once.", {
      hint: "Mark a shorter part of it.",
    });
  }
}
