/** The last seconds of a live spectrum as a picture: columns that move on, colours over the range that there is. Knows bytes, no canvas. */
import type { SignalPreview } from "../../src-shared/contract/index.ts";
import { colorOf } from "./colors.ts";

type Spectrum = NonNullable<SignalPreview["spectrum"]>;

/** The range that is shown moves by this share of the difference at each piece, so that it does not flicker. */
const FOLLOW = 0.08;
/** At least so many of the 256 levels are shown from dark to light, and all that is further down than this from the strongest is dark. */
const LEAST_SPAN = 42;
const MOST_SPAN = 113;

export class LiveColumns {
  #columns = 0;
  #bins = 0;
  /** Levels [column][bin], the oldest column at `#head`. */
  #levels = new Uint8Array(0);
  #head = 0;
  #low = -1;
  #high = -1;

  get columns(): number {
    return this.#columns;
  }
  get bins(): number {
    return this.#bins;
  }

  /** Takes the columns of a piece in, for a picture of `seconds`. */
  add(spectrum: Spectrum, seconds: number): void {
    const { columns, bins, columnSeconds } = spectrum;
    const wanted = Math.max(2, Math.round(seconds / columnSeconds));
    if (wanted !== this.#columns || bins !== this.#bins) this.#reset(wanted, bins);
    if (columns === 0) return;
    const bytes = Uint8Array.from(atob(spectrum.base64), (letter) => letter.charCodeAt(0));
    for (let column = 0; column < columns; column++) {
      this.#levels.set(bytes.subarray(column * bins, (column + 1) * bins), this.#head * bins);
      this.#head = (this.#head + 1) % this.#columns;
    }
    this.#follow(bytes);
  }

  /** Writes red, green, blue, alpha of the picture: time to the right, frequency upwards. */
  paint(pixels: Uint8ClampedArray): void {
    const colors = new Uint8Array(256 * 3);
    const span = Math.max(1, this.#high - this.#low);
    for (let level = 0; level < 256; level++) colors.set(colorOf((level - this.#low) / span), level * 3);
    const bins = this.#bins;
    for (let column = 0; column < this.#columns; column++) {
      const from = ((this.#head + column) % this.#columns) * bins;
      for (let bin = 0; bin < bins; bin++) {
        const color = (this.#levels[from + bin] as number) * 3;
        const at = ((bins - 1 - bin) * this.#columns + column) * 4;
        pixels[at] = colors[color] as number;
        pixels[at + 1] = colors[color + 1] as number;
        pixels[at + 2] = colors[color + 2] as number;
        pixels[at + 3] = 255;
      }
    }
  }

  #reset(columns: number, bins: number): void {
    this.#columns = columns;
    this.#bins = bins;
    this.#levels = new Uint8Array(columns * bins);
    this.#head = 0;
    this.#low = -1;
    this.#high = -1;
  }

  /** Moves the range towards that of the newest columns: from the still half to the strongest. */
  #follow(bytes: Uint8Array): void {
    const sorted = bytes.slice().sort();
    const high = sorted.at(-1) ?? 0;
    const still = sorted[Math.floor(sorted.length * 0.4)] ?? 0;
    const top = Math.max(high, still + LEAST_SPAN);
    const low = Math.max(still, top - MOST_SPAN);
    if (this.#high < 0) {
      this.#low = low;
      this.#high = top;
      return;
    }
    // A louder sound is shown at once, and the picture darkens slowly after it.
    this.#high = top > this.#high ? top : this.#high + (top - this.#high) * FOLLOW;
    this.#low += (low - this.#low) * FOLLOW;
  }
}
