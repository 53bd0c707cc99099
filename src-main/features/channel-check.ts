/**
 * Channels that carry nothing: those that never move, hardly move, or say the same as another one. Pure; knows stretches of samples from
 * several recordings, not where they come from.
 */

/** A stretch of one recording: for each channel of the sensor its samples, in counts of the sensor. */
export type ChannelStretch = { readonly recording: number; readonly channels: readonly Float32Array[] };

export type ChannelFinding =
  /** Never changes in these recordings. */
  | { readonly kind: "constant"; readonly channel: number; readonly recordings: readonly number[] }
  /** Moves by no more than its own steps in all recordings: what is seen is the converter, not the machine. */
  | { readonly kind: "weak"; readonly channel: number; readonly recordings: readonly number[] }
  /** Follows another channel, up to a factor, in all recordings. */
  | { readonly kind: "duplicate"; readonly channel: number; readonly of: number };

/** Correlation from which two channels are one; what two axes of one machine share stays well below. */
const SAME = 0.9995;
/** Steps of an integer sensor that a signal has to go beyond. */
const WEAK_STEPS = 3;
/** Too short to say anything. */
const LEAST_SAMPLES = 16;

/**
 * @param stretches all with the same number of channels
 * @param stepped samples are whole counts of a converter
 */
export function checkChannels(stretches: readonly ChannelStretch[], stepped: boolean): ChannelFinding[] {
  const used = stretches.filter(({ channels }) => (channels[0]?.length ?? 0) >= LEAST_SAMPLES);
  const width = used[0]?.channels.length ?? 0;
  const findings: ChannelFinding[] = [];
  const dead = new Set<number>();
  for (let channel = 0; channel < width; channel++) {
    const spans = used.map(({ channels }) => spanOf(channels[channel] as Float32Array));
    const constant = used.filter((_, index) => spans[index] === 0).map(({ recording }) => recording);
    if (constant.length > 0) findings.push({ kind: "constant", channel, recordings: constant });
    if (constant.length === used.length) dead.add(channel);
    else if (stepped && spans.every((span) => span < WEAK_STEPS)) {
      findings.push({ kind: "weak", channel, recordings: used.map(({ recording }) => recording) });
      dead.add(channel);
    }
  }
  for (let channel = 1; channel < width; channel++) {
    if (dead.has(channel)) continue;
    const twin = Array.from({ length: channel }, (_, other) => other).find(
      (other) => !dead.has(other) && used.every(({ channels }) => areOne(channels, channel, other)),
    );
    if (twin !== undefined) findings.push({ kind: "duplicate", channel, of: twin });
  }
  return findings;
}

function spanOf(values: Float32Array): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high - low;
}

/** Whether two channels of a stretch are one up to offset and factor; two that both rest say nothing against it. */
function areOne(channels: readonly Float32Array[], one: number, other: number): boolean {
  const [a, b] = [channels[one] as Float32Array, channels[other] as Float32Array];
  if (spanOf(a) === 0 || spanOf(b) === 0) return spanOf(a) === spanOf(b);
  return Math.abs(correlation(a, b)) >= SAME;
}

/** Pearson's correlation of two rows of the same length, both of which vary. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length;
  let [sumA, sumB] = [0, 0];
  for (let i = 0; i < count; i++) {
    sumA += a[i] as number;
    sumB += b[i] as number;
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [(a[i] as number) - meanA, (b[i] as number) - meanB];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product / Math.sqrt(squaresA * squaresB);
}
