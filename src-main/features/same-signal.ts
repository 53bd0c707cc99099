/**
 * Whether two stretches are the same measurement, shifted in time, scaled, or written in another format: normalised
 * cross-correlation over all lags, and a check that the signal is not simply periodic. Pure; knows samples.
 */
import { fft } from "../dataset/spectrum.ts";

/** What is left of one stretch after the other is taken out at the best lag, as a part of its power: rounding leaves less. */
const LEFT_OVER = 0.01;
/** At any other lag it must be so many times more: two recordings of one steady hum fit about as well at many lags. */
const ONLY_THERE = 5;
/** Signals that lie below this part of their size in power do not move. */
const STILL = 1e-12;

/**
 * Whether `template` is found in `signal` at one lag: that lag (samples of `signal` before it begins), or null. `template` is no longer than
 * `signal`.
 */
export function findSame(template: Float32Array, signal: Float32Array): number | null {
  const scores = matches(template, signal);
  if (scores === null) return null;
  let best = 0;
  for (const [lag, score] of scores.entries()) if (score > (scores[best] as number)) best = lag;
  const left = 1 - (scores[best] as number);
  if (left > LEFT_OVER) return null;
  // Down both sides of the peak: what lies beyond is another fit.
  let [from, to] = [best, best];
  while (from > 0 && (scores[from - 1] as number) < (scores[from] as number)) from--;
  while (to < scores.length - 1 && (scores[to + 1] as number) < (scores[to] as number)) to++;
  const elsewhere = [scores.subarray(0, from), scores.subarray(to + 1)].flatMap((part) =>
    part.length === 0 ? [] : [part.reduce((most, score) => Math.max(most, score), 0)],
  );
  // One lag alone tells a copy from a hum no more: then the template's own other lags do.
  const rival = Math.max(0, ...elsewhere, elsewhere.length === 0 ? ownRepeat(template) : 0);
  return 1 - rival > ONLY_THERE * Math.max(left, 1e-6) ? best : null;
}

/** How well the template's first half is found in the rest of it: near 1 for a hum. */
function ownRepeat(template: Float32Array): number {
  const half = template.subarray(0, template.length >> 1);
  const scores = matches(half, template.subarray(half.length >> 1));
  return scores === null ? 1 : scores.reduce((most, score) => Math.max(most, score), 0);
}

/** Squared correlation of the template with each stretch of the signal of its length; null where the template does not move. */
function matches(template: Float32Array, signal: Float32Array): Float64Array | null {
  const n = template.length;
  const lags = signal.length - n + 1;
  const pattern = centred(template);
  const power = pattern.reduce((sum, value) => sum + value * value, 0);
  const size = template.reduce((sum, value) => sum + value * value, 0);
  if (lags < 1 || !(power > STILL * size)) return null;
  const length = 2 ** Math.ceil(Math.log2(signal.length + n));
  const products = crossProducts(pattern, signal, length);
  const scores = new Float64Array(lags);
  let [sum, squares] = [0, 0];
  for (let i = 0; i < n - 1; i++) {
    sum += signal[i] as number;
    squares += (signal[i] as number) ** 2;
  }
  for (let lag = 0; lag < lags; lag++) {
    const next = signal[lag + n - 1] as number;
    sum += next;
    squares += next * next;
    const own = squares - (sum * sum) / n;
    scores[lag] = own > STILL * squares ? Math.min(1, (products[lag] as number) ** 2 / (power * own)) : 0;
    const first = signal[lag] as number;
    sum -= first;
    squares -= first * first;
  }
  return scores;
}

function centred(values: Float32Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Float64Array.from(values, (value) => value - mean);
}

/** Sum over i of pattern[i] signal[lag + i] for each lag, by the Fourier transform of both. */
function crossProducts(pattern: Float64Array, signal: Float32Array, length: number): Float64Array {
  // Both are real: one goes into the real part, the other into the imaginary one, of a single transform.
  const [re, im] = [new Float64Array(length), new Float64Array(length)];
  re.set(signal);
  im.set(pattern);
  fft(re, im);
  const [outRe, outIm] = [new Float64Array(length), new Float64Array(length)];
  for (let k = 0; k < length; k++) {
    const mirror = (length - k) % length;
    const [a, b, c, d] = [re[k], im[k], re[mirror], im[mirror]] as [number, number, number, number];
    const [signalRe, signalIm] = [(a + c) / 2, (b - d) / 2];
    const [patternRe, patternIm] = [(b + d) / 2, (c - a) / 2];
    // Signal times the conjugate of the pattern; conjugated once more, so that the same transform turns it back.
    outRe[k] = signalRe * patternRe + signalIm * patternIm;
    outIm[k] = -(signalIm * patternRe - signalRe * patternIm);
  }
  fft(outRe, outIm);
  return outRe.map((value) => value / length);
}
