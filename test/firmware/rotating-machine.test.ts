/** What the generator of a rotating machine puts into its signal, found there again by plain analysis. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import type { MachineParameters, Warmth } from "../../src-main/features/generated-machine.ts";
import { Twin } from "../../src-main/features/twin.ts";

const built = existsSync(join(firmwareFolder(), "twin.wasm"));
if (!built) console.warn("SKIPPED: the generator has not been built (npm run setup)");

const RATE = 3200;
const SECONDS = 4;
const quiet: MachineParameters = {
  rateHz: RATE,
  samples: RATE * SECONDS,
  seed: 1,
  shaftHz: 25,
  load: 0,
  imbalance: 0,
  misalignment: 0,
  bearing: 0,
  noise: 0,
  tilt: 0,
};
/** Passings of rolling elements for each turn of the shaft, as in the model. */
const OUTER_RACE_ORDER = 3.5847;

const axis = (samples: Float32Array, index: number): Float64Array =>
  Float64Array.from({ length: samples.length / 3 }, (_, i) => samples[3 * i + index] as number);

const meanOf = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function momentOf(values: Float64Array, power: number): number {
  const mean = meanOf(values);
  return values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length;
}

/** Amplitude at a frequency, through a Hann window, so that the speed's wandering stays within the line. */
function amplitudeAt(values: Float64Array, hz: number): number {
  const mean = meanOf(values);
  let re = 0;
  let im = 0;
  for (let i = 0; i < values.length; i++) {
    const w = 1 - Math.cos((2 * Math.PI * i) / values.length);
    const x = ((values[i] as number) - mean) * w;
    re += x * Math.cos((2 * Math.PI * hz * i) / RATE);
    im += x * Math.sin((2 * Math.PI * hz * i) / RATE);
  }
  return (2 / values.length) * Math.hypot(re, im);
}

/** Largest amplitude within 0.5 % of a frequency. */
const peakNear = (values: Float64Array, hz: number): number =>
  Math.max(...[-0.005, -0.0025, 0, 0.0025, 0.005].map((part) => amplitudeAt(values, hz * (1 + part))));

/** The square of what lies above the shaft's orders, smoothed over 3 ms: how strong the ringing is at each moment. */
function envelope(values: Float64Array): Float64Array {
  const high = values.map((x, i) => x - 2 * (values[i - 1] ?? x) + (values[i - 2] ?? x));
  const squares = high.map((x) => x * x);
  return squares.map((_, i) => {
    let sum = 0;
    for (let k = Math.max(0, i - 9); k <= i; k++) sum += squares[k] as number;
    return sum / 10;
  });
}

describe.skipIf(!built)("the generated machine", () => {
  let twin: Twin;
  beforeAll(async () => {
    twin = await Twin.load();
  });
  const generate = (change: Partial<MachineParameters>): Float32Array =>
    twin.generate({ ...quiet, ...change });

  it("at rest of all faults has gravity on z, a little hum and noise", () => {
    const samples = generate({});
    expect(meanOf(axis(samples, 0))).toBeCloseTo(0, 2);
    expect(meanOf(axis(samples, 2))).toBeCloseTo(1, 2);
    expect(Math.sqrt(momentOf(axis(samples, 0), 2))).toBeLessThan(0.02);
    expect(peakNear(axis(samples, 2), 100)).toBeGreaterThan(0.012);
    expect(peakNear(axis(samples, 2), 25)).toBeLessThan(0.002);
  });

  it("out of balance shakes at the shaft's speed, with its square, a quarter turn apart on x and z", () => {
    const slow = generate({ imbalance: 0.5, shaftHz: 20 });
    const fast = generate({ imbalance: 0.5, shaftHz: 40 });
    expect(peakNear(axis(slow, 0), 20)).toBeCloseTo(0.6 * 0.5 * (20 / 25) ** 2, 2);
    const growth = peakNear(axis(fast, 0), 40) / peakNear(axis(slow, 0), 20);
    expect(growth).toBeGreaterThan(3.7);
    expect(growth).toBeLessThan(4.2);
    // A quarter turn apart: the product of x and z has no mean.
    const [x, z] = [axis(slow, 0), axis(slow, 2)];
    const product = meanOf(x.map((value, i) => value * ((z[i] as number) - 1)));
    expect(Math.abs(product)).toBeLessThan(0.05 * Math.sqrt(momentOf(x, 2) * momentOf(z, 2)));
  });

  it("out of line shakes at twice the shaft's speed and along the shaft", () => {
    const samples = generate({ misalignment: 0.5 });
    expect(peakNear(axis(samples, 0), 50)).toBeGreaterThan(3 * peakNear(axis(samples, 0), 25));
    expect(peakNear(axis(samples, 1), 25)).toBeGreaterThan(0.1);
  });

  it("with a pitted bearing rings at each passing of a rolling element, the more the higher the load", () => {
    const good = axis(generate({ noise: 0.01 }), 2);
    const pitted = axis(generate({ noise: 0.01, bearing: 0.8 }), 2);
    const loaded = axis(generate({ noise: 0.01, bearing: 0.8, load: 1 }), 2);
    const kurtosis = (values: Float64Array): number => momentOf(values, 4) / momentOf(values, 2) ** 2;
    expect(kurtosis(good)).toBeLessThan(3.3);
    expect(kurtosis(pitted)).toBeGreaterThan(3.5);
    const passing = OUTER_RACE_ORDER * 25;
    const lines = envelope(pitted);
    const beside = Math.max(amplitudeAt(lines, passing * 0.8), amplitudeAt(lines, passing * 1.2));
    expect(peakNear(lines, passing)).toBeGreaterThan(5 * beside);
    const ratio = Math.sqrt(momentOf(loaded, 2) / momentOf(pitted, 2));
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(2.2);
  });

  it("tilts gravity with the board, has the sensor's noise, and is another one with every seed but the same with the same", () => {
    const tilted = generate({ tilt: 0.3, noise: 0.05 });
    expect(meanOf(axis(tilted, 1))).toBeCloseTo(Math.sin(0.3), 2);
    expect(meanOf(axis(tilted, 2))).toBeCloseTo(Math.cos(0.3), 2);
    expect(Math.sqrt(momentOf(axis(tilted, 0), 2))).toBeCloseTo(
      Math.hypot(0.05, 0.008, 0.012 / Math.SQRT2),
      2,
    );
    expect(generate({ seed: 7 })).toEqual(generate({ seed: 7 }));
    expect(generate({ seed: 7 })).not.toEqual(generate({ seed: 8 }));
    // A longer signal begins as a shorter one does.
    const long = twin.generate({ ...quiet, bearing: 1, samples: 100_000 });
    expect(twin.generate({ ...quiet, bearing: 1, samples: 1000 })).toEqual(long.subarray(0, 3000));
  });

  it("warms up as a body of first order, by the square of the load, and a pitted bearing by its friction", () => {
    const celsius = (change: Partial<MachineParameters & Warmth>): number => {
      const slow = { ...quiet, rateHz: 4, samples: 400, ambient: 20, runningSeconds: 1e6 };
      return meanOf(Float64Array.from(twin.generateCelsius({ ...slow, ...change })));
    };
    const rise = (change: Partial<MachineParameters & Warmth>): number => celsius(change) - 20;
    expect(celsius({ runningSeconds: -50 })).toBeCloseTo(20, 0);
    // One time constant (25 minutes) after it was switched on, 1 - 1 / e of the whole; the recording itself lasts 100 s.
    expect(rise({ load: 1, runningSeconds: 1450 }) / rise({ load: 1 })).toBeCloseTo(1 - 1 / Math.E, 2);
    const [idle, half, full] = [rise({ load: 0 }), rise({ load: 0.5 }), rise({ load: 1 })];
    expect((half - idle) / (full - idle)).toBeCloseTo(0.25, 2);
    expect(rise({ load: 1, bearing: 1 }) - full).toBeGreaterThan(10);
    expect(rise({ load: 1, imbalance: 1 }) - full).toBeLessThan(5);
    expect(celsius({ ambient: 30 }) - celsius({})).toBeCloseTo(10, 3);
  });

  it("makes the more pieces the faster it turns and the higher its load, whatever its bearings", () => {
    const pieces = (change: Partial<MachineParameters>): number =>
      meanOf(
        Float64Array.from(twin.generatePieces({ ...quiet, rateHz: 1, samples: 400, load: 1, ...change })),
      );
    expect(pieces({})).toBeCloseTo(60, 0);
    expect(pieces({ shaftHz: 12.5 }) / pieces({})).toBeCloseTo(0.5, 1);
    expect(pieces({ load: 0 })).toBeCloseTo(6, 0);
    expect(pieces({ bearing: 1, imbalance: 1 })).toBe(pieces({}));
  });
});
