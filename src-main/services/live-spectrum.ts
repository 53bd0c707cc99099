/** Spectra of one live channel, of every sample, in overlapping windows, as bytes to be drawn. Knows samples, no transport. */
import { powerSpectrum } from "../dataset/spectrum.ts";

/** Level of byte 0 and of byte 255, decibels of the sensor's unit. */
const LOWEST_DB = -140;
const HIGHEST_DB = 40;
/** No more columns a second than an eye can follow. */
const COLUMNS_PER_SECOND = 60;
/** Windows of about this length, seconds: tones of some hertz apart are told apart, and a knock is still short. */
const WINDOW_SECONDS = 0.064;

/** FFT length for a rate: a power of two about WINDOW_SECONDS long, 64 to 1024 samples. */
export const liveFftLength = (rateHz: number): number =>
  Math.min(1024, Math.max(64, 2 ** Math.round(Math.log2(rateHz * WINDOW_SECONDS))));

export type SpectrumColumns = {
  readonly columns: number;
  readonly bins: number;
  readonly columnSeconds: number;
  readonly levels: Uint8Array;
};

export class LiveSpectrum {
  readonly #size: number;
  readonly #hop: number;
  readonly #rateHz: number;
  /** Power of a sine of amplitude 1 in its bin: with it, levels are those of the unit. */
  readonly #scale: number;
  readonly #window: Float64Array;
  #filled = 0;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#size = liveFftLength(rateHz);
    this.#hop = Math.max(this.#size / 4, Math.ceil(rateHz / COLUMNS_PER_SECOND));
    // A Hann window has the sum size/2; a sine of amplitude 1 gives half of that in its bin.
    this.#scale = (this.#size / 4) ** 2;
    this.#window = new Float64Array(this.#size);
  }

  /** Takes the next values of the channel; returns the columns that became ready. */
  add(values: ArrayLike<number>): SpectrumColumns {
    const columns: Uint8Array[] = [];
    const size = this.#size;
    let skip = Math.max(0, -this.#filled);
    for (let i = 0; i < values.length; i++) {
      if (skip > 0) {
        skip--;
        this.#filled++;
        continue;
      }
      this.#window[this.#filled++] = values[i] as number;
      if (this.#filled < size) continue;
      columns.push(this.#column());
      // Where the hop is longer than the window, the samples between are passed over.
      if (this.#hop < size) this.#window.copyWithin(0, this.#hop);
      this.#filled = size - this.#hop;
      skip = Math.max(0, -this.#filled);
    }
    const bins = size / 2;
    const levels = new Uint8Array(columns.length * bins);
    for (const [index, column] of columns.entries()) levels.set(column, index * bins);
    return { columns: columns.length, bins, columnSeconds: this.#hop / this.#rateHz, levels };
  }

  #column(): Uint8Array {
    return Uint8Array.from(powerSpectrum(this.#window), (power) => {
      const level = 10 * Math.log10(power / this.#scale + 1e-30);
      return Math.round(255 * Math.min(1, Math.max(0, (level - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB))));
    });
  }
}
