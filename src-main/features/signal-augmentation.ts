/**
 * Changed copies of training windows, made of the samples before the front end computes anything: shift in time, speed, rotation
 * of axes, gain, noise. What is drawn depends only on seed, window and copy. Knows samples; no features and no network.
 */
import type { Design } from "../../src-shared/design.ts";
import { keyOf, RandomSequence } from "../training/random.ts";
import { inputSamples } from "./feature-shape.ts";
import type { WindowReader } from "./window-source.ts";
import type { PlannedWindow } from "./windows.ts";

export type SignalAugmentation = NonNullable<Design["training"]["augmentation"]>;

/** Whether a design asks for changes to samples at all. */
export const changesSignals = (wanted: SignalAugmentation | undefined): wanted is SignalAugmentation =>
  wanted !== undefined &&
  wanted.copies > 0 &&
  (wanted.noise > 0 ||
    wanted.gain > 0 ||
    wanted.timeShiftMs > 0 ||
    wanted.speed > 0 ||
    wanted.rotationDegrees > 0);

/** A 3 x 3 matrix, row by row. */
type Matrix = readonly number[];

/** Decades between the strongest and the faintest noise. */
const NOISE_DECADES = 2;
/** The most of a noise's value that stays in the next one; what lies between is noise from white to dull. */
const DULLEST = 0.95;

/**
 * Makes copies of windows for a design.
 * @param deviations of each channel of each input over the training windows, which noise is a part of
 */
export class SignalAugmenter {
  readonly #design: Pick<Design, "window" | "inputs" | "training">;
  readonly #wanted: SignalAugmentation;
  readonly #deviations: readonly Float64Array[];

  constructor(
    design: Pick<Design, "window" | "inputs" | "training">,
    wanted: SignalAugmentation,
    deviations: readonly Float64Array[],
  ) {
    this.#design = design;
    this.#wanted = wanted;
    this.#deviations = deviations;
  }

  /**
   * Copy `copy` (from 0) of a window, in the form that the front end takes: all inputs in order, each interleaved by channel.
   * Shift and speed read other samples of the recording, never across a gap; round a padded recording there are zeros.
   * @param number of the window among the training windows
   */
  copy(reader: WindowReader, window: PlannedWindow, number: number, copy: number): Float32Array {
    const wanted = this.#wanted;
    const random = new RandomSequence(keyOf(this.#design.training.seed, "signal", number, copy));
    const shiftMs = random.between(-wanted.timeShiftMs, wanted.timeShiftMs);
    const speed = random.between(1 - wanted.speed, 1 + wanted.speed);
    const turn = wanted.rotationDegrees > 0 ? rotation(random, wanted.rotationDegrees) : null;
    const gain = random.between(1 - wanted.gain, 1 + wanted.gain);
    const noise = wanted.noise * 10 ** (-NOISE_DECADES * random.uniform());
    const dullness = DULLEST * random.uniform();
    const parts = this.#design.inputs.map((input, index) => {
      const length = inputSamples(this.#design, input);
      const width = input.channels.length;
      const read = reader.moved(window, index, {
        samples: Math.round(length * speed),
        shift: Math.round((shiftMs * input.rateHz) / 1000),
      });
      const values = resampled(read, width, length);
      if (turn !== null && width % 3 === 0) rotate(values, turn);
      if (wanted.gain > 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * gain;
      if (noise > 0)
        addNoise(values, this.#deviations[index] ?? new Float64Array(width), noise, dullness, random);
      return values;
    });
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

/** Deviation of each channel of each input, from windows one after the other. */
export class DeviationMeter {
  readonly #layout: readonly { readonly values: number; readonly width: number }[];
  readonly #sums: readonly { readonly sum: Float64Array; readonly squares: Float64Array; count: number }[];

  constructor(design: Pick<Design, "window" | "inputs">) {
    this.#layout = design.inputs.map((input) => ({
      values: inputSamples(design, input) * input.channels.length,
      width: input.channels.length,
    }));
    this.#sums = this.#layout.map(({ width }) => ({
      sum: new Float64Array(width),
      squares: new Float64Array(width),
      count: 0,
    }));
  }

  add(window: Float32Array): void {
    let offset = 0;
    for (const [index, { values, width }] of this.#layout.entries()) {
      const sums = this.#sums[index];
      if (sums === undefined) continue;
      for (let i = 0; i < values; i++) {
        const value = window[offset + i] ?? 0;
        const channel = i % width;
        sums.sum[channel] = (sums.sum[channel] ?? 0) + value;
        sums.squares[channel] = (sums.squares[channel] ?? 0) + value * value;
      }
      sums.count += values / width;
      offset += values;
    }
  }

  deviations(): Float64Array[] {
    return this.#sums.map(({ sum, squares, count }) =>
      sum.map((total, channel) =>
        count === 0 ? 0 : Math.sqrt(Math.max(0, (squares[channel] ?? 0) / count - (total / count) ** 2)),
      ),
    );
  }
}

/** A turn round a random axis by up to `degrees` (Rodrigues' formula). */
function rotation(random: RandomSequence, degrees: number): Matrix {
  const height = random.between(-1, 1);
  const around = random.between(0, 2 * Math.PI);
  const flat = Math.sqrt(1 - height * height);
  const [x, y, z] = [flat * Math.cos(around), flat * Math.sin(around), height];
  const angle = (random.uniform() * degrees * Math.PI) / 180;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const k = 1 - c;
  return [
    c + x * x * k,
    x * y * k - z * s,
    x * z * k + y * s,
    y * x * k + z * s,
    c + y * y * k,
    y * z * k - x * s,
    z * x * k - y * s,
    z * y * k + x * s,
    c + z * z * k,
  ];
}

/** Turns every three channels in a row as one vector. */
function rotate(values: Float32Array, m: Matrix): void {
  for (let i = 0; i + 2 < values.length; i += 3) {
    const [x, y, z] = [values[i] ?? 0, values[i + 1] ?? 0, values[i + 2] ?? 0];
    for (let row = 0; row < 3; row++) {
      values[i + row] = (m[3 * row] ?? 0) * x + (m[3 * row + 1] ?? 0) * y + (m[3 * row + 2] ?? 0) * z;
    }
  }
}

/** The same stretch in `length` samples, by Catmull and Rom's cubic; ends are held. */
function resampled(values: Float32Array, width: number, length: number): Float32Array {
  const count = values.length / width;
  if (count === length) return values.slice();
  const result = new Float32Array(length * width);
  const at = (index: number, channel: number): number =>
    values[Math.min(count - 1, Math.max(0, index)) * width + channel] ?? 0;
  for (let i = 0; i < length; i++) {
    const place = ((i + 0.5) * count) / length - 0.5;
    const base = Math.floor(place);
    const t = place - base;
    for (let channel = 0; channel < width; channel++) {
      const [a, b, c, d] = [
        at(base - 1, channel),
        at(base, channel),
        at(base + 1, channel),
        at(base + 2, channel),
      ];
      result[i * width + channel] =
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }
  }
  return result;
}

/** Noise of `part` of each channel's deviation; each value keeps `dullness` of the one before. */
function addNoise(
  values: Float32Array,
  deviations: Float64Array,
  part: number,
  dullness: number,
  random: RandomSequence,
): void {
  const width = deviations.length;
  const fresh = Math.sqrt(1 - dullness * dullness);
  const last = Float64Array.from({ length: width }, () => random.normal());
  for (let i = 0; i < values.length; i++) {
    const channel = i % width;
    const value = dullness * (last[channel] ?? 0) + fresh * random.normal();
    last[channel] = value;
    values[i] = (values[i] ?? 0) + value * part * (deviations[channel] ?? 0);
  }
}
