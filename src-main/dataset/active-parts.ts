/**
 * Where in a recording something goes on: frames by their energy, joined to stretches. The level between rest and activity is
 * found by Otsu's method over the logarithms of the energies (IEEE Trans. Syst. Man Cybern. 9, 1979): the one that parts them
 * into the two most compact groups. Knows values; not where they come from.
 */

export type FrameLevels = {
  /** Root mean square of each frame without its mean, strongest channel, physical units. */
  readonly levels: Float64Array;
  readonly frameSeconds: number;
};

export type PartRules = {
  /** Null: found by itself. */
  readonly level: number | null;
  readonly shortest: number;
  readonly pause: number;
  readonly margin: number;
};

/** Bins of the histogram that the level is sought in, decibels wide: one half. */
const BIN_DB = 0.5;
/** Groups that are less than this apart are no rest and no activity, decibels. */
const SMALLEST_STEP_DB = 6;

/** Frames of `frameSamples` samples of values that are interleaved by channel; `read` gives `count` samples from `start` on. */
export function frameLevels(
  stream: { readonly samples: number; readonly channels: number; readonly rateHz: number },
  frameSamples: number,
  read: (start: number, count: number) => ArrayLike<number>,
): FrameLevels {
  const { channels } = stream;
  const frames = Math.floor(stream.samples / frameSamples);
  const levels = new Float64Array(frames);
  // Some hundred thousand values at once: an hour of sound is never in memory as a whole.
  const batch = Math.max(1, Math.floor(200_000 / (frameSamples * channels)));
  for (let first = 0; first < frames; first += batch) {
    const count = Math.min(batch, frames - first);
    const values = read(first * frameSamples, count * frameSamples);
    for (let frame = 0; frame < count; frame++) {
      const at = frame * frameSamples * channels;
      let strongest = 0;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        let squares = 0;
        for (let i = at + channel; i < at + frameSamples * channels; i += channels) {
          const value = values[i] as number;
          sum += value;
          squares += value * value;
        }
        const mean = sum / frameSamples;
        strongest = Math.max(strongest, squares / frameSamples - mean * mean);
      }
      levels[first + frame] = Math.sqrt(Math.max(0, strongest));
    }
  }
  return { levels, frameSeconds: frameSamples / stream.rateHz };
}

/** The level that parts rest from activity; null where there is no such step. */
export function levelBetween(levels: Float64Array): number | null {
  const decibels = Array.from(levels, (level) => 20 * Math.log10(Math.max(level, 1e-12)));
  const low = Math.min(...bounds(decibels));
  const high = Math.max(...bounds(decibels));
  const bins = Math.floor((high - low) / BIN_DB) + 1;
  if (levels.length < 4 || bins < 3) return null;
  const counts = new Float64Array(bins);
  for (const value of decibels) {
    const bin = Math.floor((value - low) / BIN_DB);
    counts[bin] = (counts[bin] as number) + 1;
  }
  const total = decibels.length;
  let sum = 0;
  for (let bin = 0; bin < bins; bin++) sum += bin * (counts[bin] as number);
  let best = -1;
  let threshold = 0;
  let apart = 0;
  let weight = 0;
  let below = 0;
  for (let bin = 0; bin < bins - 1; bin++) {
    weight += counts[bin] as number;
    below += bin * (counts[bin] as number);
    if (weight === 0 || weight === total) continue;
    const distance = (sum - below) / (total - weight) - below / weight;
    const between = weight * (total - weight) * distance * distance;
    if (between > best) {
      best = between;
      apart = distance;
      // In the midst of the empty bins between the groups, where there are some.
      let next = bin + 1;
      while (next < bins - 1 && counts[next] === 0) next++;
      threshold = (bin + 1 + next) / 2;
    }
  }
  return apart * BIN_DB < SMALLEST_STEP_DB ? null : 10 ** ((low + threshold * BIN_DB) / 20);
}

/** Smallest and largest without the calls' limits on arguments. */
function bounds(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Stretches at or above `level`, in order, seconds. Short pauses are bridged, short stretches dropped, margins do not overlap. */
export function partsAbove(
  { levels, frameSeconds }: FrameLevels,
  level: number,
  rules: PartRules,
  seconds: number,
): { fromSeconds: number; toSeconds: number }[] {
  const raw: { from: number; to: number }[] = [];
  for (let frame = 0; frame < levels.length; frame++) {
    if ((levels[frame] as number) < level) continue;
    const from = frame * frameSeconds;
    const last = raw.at(-1);
    if (last !== undefined && from - last.to <= rules.pause + 1e-9) last.to = from + frameSeconds;
    else raw.push({ from, to: from + frameSeconds });
  }
  const long = raw.filter(({ from, to }) => to - from >= rules.shortest - 1e-9);
  return long.map(({ from, to }, index) => {
    const before = long[index - 1];
    const after = long[index + 1];
    const left = before === undefined ? 0 : (before.to + from) / 2;
    const right = after === undefined ? seconds : (to + after.from) / 2;
    return {
      fromSeconds: Math.max(left, from - rules.margin),
      toSeconds: Math.min(right, to + rules.margin),
    };
  });
}
