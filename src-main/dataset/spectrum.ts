/**
 * Spectra for looking at a signal: spectrogram and strongest frequency. Only for the eye; what is learnt from is computed by
 * the twin. Knows samples, not where they come from.
 */

/** The most that is shown, decibels below the strongest part of the picture. */
const FLOOR_DB = 80;

/** In-place radix-2 FFT (Cooley and Tukey 1965) of `re + i*im`, whose length is a power of two. */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] as number, re[i] as number];
      [im[i], im[j]] = [im[j] as number, im[i] as number];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const half = size >> 1;
    for (let k = 0; k < half; k++) {
      const angle = (-2 * Math.PI * k) / size;
      const wr = Math.cos(angle);
      const wi = Math.sin(angle);
      for (let at = k; at < n; at += size) {
        const to = at + half;
        const xr = (re[to] as number) * wr - (im[to] as number) * wi;
        const xi = (re[to] as number) * wi + (im[to] as number) * wr;
        re[to] = (re[at] as number) - xr;
        im[to] = (im[at] as number) - xi;
        re[at] = (re[at] as number) + xr;
        im[at] = (im[at] as number) + xi;
      }
    }
  }
}

/** Power of the bins 1 to n/2 of a Hann window over `values` without their mean; `values` has a power of two of entries. */
export function powerSpectrum(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (values[i] as number) / n;
  for (let i = 0; i < n; i++) {
    re[i] = ((values[i] as number) - mean) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n));
  }
  fft(re, im);
  return Float64Array.from(
    { length: n / 2 },
    (_, k) => (re[k + 1] as number) ** 2 + (im[k + 1] as number) ** 2,
  );
}

/** FFT length for a picture of `samples` samples: about 30 ms of sound, and some dozens of columns of short recordings. */
export function fftLengthFor(samples: number, rateHz: number): number {
  const wanted = Math.min(rateHz * 0.03, samples / 8);
  const exponent = Math.round(Math.log2(Math.max(1, wanted)));
  const longest = Math.floor(Math.log2(Math.max(2, samples)));
  return 2 ** Math.min(Math.max(6, exponent), 12, longest);
}

/** The value below which a share of `values` lies, from at most some thousand of them. */
function quantile(values: Float64Array, share: number): number {
  const step = Math.max(1, Math.floor(values.length / 4000));
  const some = Float64Array.from(
    { length: Math.floor(values.length / step) },
    (_, i) => values[i * step] as number,
  );
  some.sort();
  return some[Math.floor(some.length * share)] ?? 0;
}

export type Spectrogram = {
  readonly columns: number;
  /** Rows from the lowest frequency up. */
  readonly bins: number;
  readonly maxHz: number;
  /** Level of each point, [column][bin], 0 (as still as a tenth of the picture, 80 dB below the strongest at most) to 255. */
  readonly levels: Uint8Array;
};

/**
 * Spectrogram of samples `start` to `end` in at most `columns` columns. `read` gives one channel's values; only what is shown
 * is read, so that an hour costs as much as a minute.
 */
export function spectrogram(
  range: { readonly start: number; readonly end: number; readonly rateHz: number; readonly columns: number },
  read: (start: number, count: number) => ArrayLike<number>,
): Spectrogram {
  const { start, end, rateHz } = range;
  const total = Math.max(0, end - start);
  const size = fftLengthFor(total, rateHz);
  if (total < size || size < 4) {
    return { columns: 0, bins: 0, maxHz: rateHz / 2, levels: new Uint8Array(0) };
  }
  const columns = Math.max(1, Math.min(range.columns, Math.floor((total - size) / (size / 4)) + 1));
  const bins = size / 2;
  const decibels = new Float64Array(columns * bins);
  let strongest = Number.NEGATIVE_INFINITY;
  for (let column = 0; column < columns; column++) {
    const from = columns === 1 ? start : start + Math.round(((total - size) * column) / (columns - 1));
    const power = powerSpectrum(read(from, size));
    for (let bin = 0; bin < bins; bin++) {
      const level = 10 * Math.log10((power[bin] as number) + 1e-30);
      decibels[column * bins + bin] = level;
      if (level > strongest) strongest = level;
    }
  }
  const floor = Math.max(strongest - FLOOR_DB, quantile(decibels, 0.1));
  const span = Math.max(1, strongest - floor);
  const levels = Uint8Array.from(decibels, (level) =>
    Math.round(255 * Math.min(1, Math.max(0, (level - floor) / span))),
  );
  return { columns, bins, maxHz: rateHz / 2, levels };
}

/** What one channel does over a stretch, in its own unit. `peakHz` null where the stretch is too short or too still. */
export type Measures = {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Root mean square without the mean. */
  readonly rms: number;
  readonly peakHz: number | null;
};

/** Measures of `values` (every `width`th from `offset`). The strongest frequency is looked for in at most 2^17 samples. */
export function measure(values: ArrayLike<number>, offset: number, width: number, rateHz: number): Measures {
  const count = Math.floor((values.length - offset + width - 1) / width);
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = offset; i < values.length; i += width) {
    const value = values[i] as number;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return { mean: 0, min: 0, max: 0, rms: 0, peakHz: null };
  const mean = sum / count;
  let power = 0;
  for (let i = offset; i < values.length; i += width) power += ((values[i] as number) - mean) ** 2;
  const rms = Math.sqrt(power / count);
  return { mean, min, max, rms, peakHz: rms > 0 ? strongestHz(values, offset, width, rateHz) : null };
}

function strongestHz(
  values: ArrayLike<number>,
  offset: number,
  width: number,
  rateHz: number,
): number | null {
  const count = Math.floor((values.length - offset + width - 1) / width);
  const size = 2 ** Math.min(17, Math.floor(Math.log2(Math.max(1, count))));
  if (size < 64) return null;
  const power = powerSpectrum(
    Float64Array.from({ length: size }, (_, i) => values[offset + i * width] as number),
  );
  let best = 0;
  for (let k = 1; k < power.length; k++) if ((power[k] as number) > (power[best] as number)) best = k;
  // Between the bins: a parabola through the logarithms of the peak and its neighbours (Smith and Serra 1987).
  const [a, b, c] = [best - 1, best, best + 1].map((k) => Math.log((power[k] ?? power[best] ?? 0) + 1e-300));
  const bend = (a as number) - 2 * (b as number) + (c as number);
  const shift = bend === 0 ? 0 : (0.5 * ((a as number) - (c as number))) / bend;
  return ((best + 1 + Math.max(-0.5, Math.min(0.5, shift))) * rateHz) / size;
}
