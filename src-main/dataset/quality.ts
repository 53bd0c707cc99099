/**
 * Looks at a recording's samples while they pass and says in plain words what is wrong with them. Knows numbers, units and
 * names of sensors; not where samples come from nor where findings go.
 */
import type { QualityFinding } from "../../src-shared/contract/index.ts";
import type { SampleArray } from "./samples.ts";
import type { NewStream } from "./types.ts";

/** A run of equal samples counts as a dropout of the sensor from this many seconds on. */
const STUCK_SECONDS = 1;
/** So many samples in a row at a channel's extreme value look like a flat top. */
const FLAT_TOP_SAMPLES = 3;
/** Share of samples in flat tops from which a recording counts as clipped. */
const CLIPPED_SHARE = 0.001;
/** Of fewer samples (a sensor of one sample a second), two equal ones at the top are chance. */
const LEAST_FOR_CLIPPING = 50;
/** Sound below this root mean square (full scale 1) is too quiet: -60 dB. */
const QUIET_LEVEL = 0.001;
/** A mean of sound beyond this (full scale 1) is an offset of the microphone's amplifier. */
const OFFSET_LEVEL = 0.05;
/** The mean of an accelerometer beyond this is no gravity, g: boards' sensors are some percent off, and cranes and lifts move on. */
const MOST_GRAVITY = 1.3;
/** What a unit of acceleration is in g. */
const G_OF_UNIT: Readonly<Record<string, number | undefined>> = {
  g: 1,
  "m/s2": 1 / 9.80665,
  "m/s²": 1 / 9.80665,
};

/** Recordings shorter than this get a note. */
const SHORT_SECONDS = 1;

type ChannelState = {
  count: number;
  sum: number;
  sumOfSquares: number;
  low: number;
  high: number;
  /** Samples at the extremes that stand in runs of at least FLAT_TOP_SAMPLES, and the run that is going on. */
  lowFlat: number;
  highFlat: number;
  value: number;
  run: number;
  longestRun: number;
  changes: number;
  notFinite: number;
};

const newChannel = (): ChannelState => ({
  count: 0,
  sum: 0,
  sumOfSquares: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
  lowFlat: 0,
  highFlat: 0,
  value: Number.NaN,
  run: 0,
  longestRun: 0,
  changes: 0,
  notFinite: 0,
});

/** Running figures of one stream, in counts (multiplied by the scale only when read). */
export class SignalStatistics {
  readonly #stream: NewStream;
  readonly #channels: ChannelState[];

  constructor(stream: NewStream) {
    this.#stream = stream;
    this.#channels = stream.channels.map(newChannel);
  }

  /** Takes the next samples, interleaved by channel. */
  add(samples: SampleArray): void {
    const width = this.#channels.length;
    for (let index = 0; index < width; index++) {
      addToChannel(this.#channels[index] as ChannelState, samples, index, width);
    }
  }

  /** What is to be said about this stream. */
  findings(): QualityFinding[] {
    const findings: QualityFinding[] = [];
    const { rateHz, sensor, scale, sampleType, channels } = this.#stream;
    const sound = sensor === "microphone";
    for (const [index, channel] of this.#channels.entries()) {
      const name = channels[index]?.name ?? `channel ${index + 1}`;
      const unit = channels[index]?.unit ?? "";
      const warn = (kind: QualityFinding["kind"], message: string): void => {
        findings.push({ kind, level: "warning", message });
      };
      if (channel.notFinite > 0) {
        warn("not-finite", `${name} holds ${channel.notFinite} values that are not numbers.`);
      }
      if (channel.count < 2) {
        continue;
      }
      if (channel.changes === 0) {
        if (rateHz > 1) {
          warn(
            "stuck",
            `${name} never changes (always ${formatValue(channel.low * scale, unit)}): check that the sensor is connected.`,
          );
        }
        continue;
      }
      const longest = Math.max(channel.longestRun, channel.run);
      if (rateHz >= 10 && longest >= Math.max(STUCK_SECONDS * rateHz, 20)) {
        warn(
          "stuck",
          `${name} stands still for ${(longest / rateHz).toFixed(1)} s: the sensor may have dropped out.`,
        );
      }
      const clipped = clippedSamples(channel, sampleType, sound);
      if (clipped > 0 && clipped >= CLIPPED_SHARE * channel.count) {
        const limit = formatValue(Math.max(Math.abs(channel.low), Math.abs(channel.high)) * scale, unit);
        warn(
          "clipped",
          `${name} is clipped at ${limit} in ${percent(clipped / channel.count)} of the samples: choose a wider range, or move the sensor away.`,
        );
      }
      if (sound) {
        const mean = (channel.sum / channel.count) * scale;
        const level = Math.sqrt(variance(channel)) * scale;
        if (Math.abs(mean) > OFFSET_LEVEL) {
          warn(
            "offset",
            `${name} lies ${percent(mean)} of full scale off zero: the microphone's amplifier has an offset.`,
          );
        }
        if (level < QUIET_LEVEL) {
          warn(
            "quiet",
            `${name} is very quiet (${decibels(level)} dB of full scale): move the microphone closer.`,
          );
        }
      } else if (sampleType === "int16" && channel.high - channel.low < 3) {
        warn(
          "quiet",
          `${name} moves by no more than ${channel.high - channel.low} counts of the sensor: the signal is too weak for it.`,
        );
      }
    }
    const gravity = this.#gravity();
    if (gravity !== null && gravity > MOST_GRAVITY) {
      findings.push({
        kind: "offset",
        level: "warning",
        message: `The mean of the axes of ${sensor} is ${Number(gravity.toPrecision(3))} g, where gravity alone gives 1 g: the offset or the unit is wrong.`,
      });
    }
    return findings;
  }

  /** Length of the mean of an accelerometer's three axes, in g; null for another sensor or an unknown unit. */
  #gravity(): number | null {
    const { sensor, scale, channels } = this.#stream;
    const unit = G_OF_UNIT[channels[0]?.unit ?? ""];
    if (sensor !== "accelerometer" || channels.length !== 3 || unit === undefined) return null;
    if (this.#channels.some(({ count }) => count < 2)) return null;
    return Math.hypot(...this.#channels.map(({ sum, count }) => (sum / count) * scale * unit));
  }
}

/** Findings about a recording as a whole, before those of its streams. */
export function recordingFindings(recording: {
  readonly seconds: number;
  readonly incomplete: boolean;
  readonly origin: "board" | "import" | "generated";
  readonly streams: readonly {
    readonly sensor: string;
    readonly samples: number;
    readonly lostSamples: number;
    readonly gaps: number;
  }[];
}): QualityFinding[] {
  const findings: QualityFinding[] = [];
  if (recording.origin === "generated") {
    findings.push({ kind: "generated", level: "info", message: "Generated by Limpet, not measured." });
  }
  if (recording.incomplete) {
    findings.push({
      kind: "incomplete",
      level: "warning",
      message: `Cut off after ${formatSeconds(recording.seconds)}; what was recorded until then is kept.`,
    });
  }
  for (const stream of recording.streams) {
    if (stream.lostSamples > 0) {
      const share = stream.lostSamples / (stream.samples + stream.lostSamples);
      findings.push({
        kind: "lost",
        level: "warning",
        message: `${count(stream.lostSamples, "sample was", "samples were")} lost on ${stream.sensor} (${percent(share)}) in ${count(stream.gaps, "place", "places")}: use another USB port or a lower rate.`,
      });
    }
  }
  if (recording.seconds < SHORT_SECONDS) {
    findings.push({
      kind: "short",
      level: "info",
      message: `Only ${formatSeconds(recording.seconds)} long.`,
    });
  }
  return findings;
}

function addToChannel(channel: ChannelState, samples: SampleArray, index: number, width: number): void {
  let { count, sum, sumOfSquares, low, high, lowFlat, highFlat, value, run, longestRun, changes, notFinite } =
    channel;
  for (let i = index; i < samples.length; i += width) {
    const sample = samples[i] as number;
    if (!Number.isFinite(sample)) {
      notFinite++;
      continue;
    }
    if (sample === value) {
      run++;
    } else {
      if (count > 0) changes++;
      if (run > longestRun) longestRun = run;
      value = sample;
      run = 1;
    }
    if (sample < low) {
      low = sample;
      lowFlat = 0;
    }
    if (sample > high) {
      high = sample;
      highFlat = 0;
    }
    if (run >= FLAT_TOP_SAMPLES) {
      const added = run === FLAT_TOP_SAMPLES ? FLAT_TOP_SAMPLES : 1;
      if (sample === low) lowFlat += added;
      if (sample === high) highFlat += added;
    }
    count++;
    sum += sample;
    sumOfSquares += sample * sample;
  }
  Object.assign(channel, {
    count,
    sum,
    sumOfSquares,
    low,
    high,
    lowFlat,
    highFlat,
    value,
    run,
    longestRun,
    changes,
    notFinite,
  });
}

/**
 * Samples in flat tops. A weak signal of few steps stays at its extremes too, so a signal that is not at its type's limit
 * must move over many steps, and rest at the extremes more than a smooth signal does.
 */
function clippedSamples(channel: ChannelState, type: "int16" | "float32", sound: boolean): number {
  const atLimit =
    type === "int16"
      ? channel.low <= -32768 || channel.high >= 32767
      : sound && Math.max(-channel.low, channel.high) >= 1;
  if (atLimit) {
    return channel.lowFlat + channel.highFlat;
  }
  const flat = channel.lowFlat + channel.highFlat;
  const deviation = Math.sqrt(variance(channel));
  const peak = Math.max(
    channel.high - channel.sum / channel.count,
    channel.sum / channel.count - channel.low,
  );
  // Changing at nearly every sample rules out coarse steps; a peak near the deviation rules out rare spikes.
  const fine = channel.count >= LEAST_FOR_CLIPPING && channel.changes > 0.5 * channel.count;
  return fine && flat >= 0.01 * channel.count && peak < 2.5 * deviation ? flat : 0;
}

function variance(channel: ChannelState): number {
  const mean = channel.sum / channel.count;
  return Math.max(0, channel.sumOfSquares / channel.count - mean * mean);
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
const percent = (share: number): string => {
  const value = Math.abs(share) * 100;
  return `${value >= 10 ? value.toFixed(0) : Number(value.toPrecision(2))} %`;
};
const decibels = (level: number): string => (level > 0 ? (20 * Math.log10(level)).toFixed(0) : "-120");
const formatValue = (value: number, unit: string): string =>
  `${Number(value.toPrecision(4))}${unit === "" ? "" : ` ${unit}`}`;
const formatSeconds = (seconds: number): string =>
  `${seconds < 10 ? Number(seconds.toFixed(2)) : seconds.toFixed(1)} s`;
