/**
 * Golden vectors: windows with what the front end and the network make of them, by which a board proves that it computes the same
 * bits (docs/model-package.md, section GOLD). The computing is the device twin's; here are the windows and the steps between.
 */
import { crc32 } from "node:zlib";
import { LimpetError } from "../../src-shared/errors.ts";
import { float32Bytes } from "../boards/link/bytes.ts";
import { type Quantisation, quantiseValues } from "../conversion/quantise.ts";
import { anomalyScores, type RecordedStates } from "../features/anomaly.ts";
import { type Normalisation, normalise } from "../features/normalisation.ts";

type Expected = {
  /** CRC-32 of the normalised features' float32 bytes. */
  readonly featuresCrc: number;
  /** CRC-32 of the network's int8 input. */
  readonly quantisedCrc: number;
  /** The network's int8 output. */
  readonly scores: Int8Array;
  /** Distance from the recorded states, where the package has them. */
  readonly anomaly?: number;
};

export type GoldenVector = Expected &
  (
    | { readonly kind: "generated"; readonly seed: number; readonly amplitude: number }
    | { readonly kind: "stored"; readonly samples: Float32Array }
  );

export type GoldenRequest = {
  /** float32 values of one window: all inputs, interleaved by channel, physical units. */
  readonly windowValues: number;
  /** Seeds of generated windows, 1 to 2^32 - 1. */
  readonly seeds: readonly number[];
  /** Largest magnitude of generated samples; without it that of the stored windows, or 1. */
  readonly amplitude?: number | undefined;
  /** Windows as measured. Each costs 4 bytes a value in the package. */
  readonly stored: readonly Float32Array[];
  readonly normalisation: Normalisation | null;
  /** The recorded states, where the package has them. */
  readonly states?: RecordedStates | null | undefined;
  /** Of the network's input. */
  readonly input: Quantisation;
  /** The front end: features of one window before normalisation (`twin.frontend(..).compute`). */
  readonly compute: (window: Float32Array) => Float32Array;
  /** The int8 network (`twin.network(..).invoke`). */
  readonly invoke: (input: Int8Array) => Int8Array;
};

/** Runs the windows and notes what comes out; generated ones first. */
export function makeGoldenVectors(request: GoldenRequest): GoldenVector[] {
  const { windowValues, seeds, stored } = request;
  for (const samples of stored) {
    if (samples.length !== windowValues) {
      throw new LimpetError(
        "internal",
        `A test window has ${samples.length} values; the model takes ${windowValues}.`,
      );
    }
  }
  const amplitude = Math.fround(request.amplitude ?? largestMagnitude(stored));
  return [
    ...seeds.map((seed): GoldenVector => {
      const samples = generateWindow(seed, amplitude, windowValues);
      return { kind: "generated", seed, amplitude, ...expected(samples, request) };
    }),
    ...stored.map((samples): GoldenVector => ({ kind: "stored", samples, ...expected(samples, request) })),
  ];
}

function expected(samples: Float32Array, request: GoldenRequest): Expected {
  const features = normalise(request.compute(samples), request.normalisation);
  const quantised = quantiseValues(features, request.input);
  return {
    featuresCrc: crc32(float32Bytes(features)),
    quantisedCrc: crc32(new Uint8Array(quantised.buffer)),
    scores: request.invoke(quantised).slice(),
    ...(request.states === null || request.states === undefined
      ? {}
      : { anomaly: anomalyScores(request.states, features)[0] as number }),
  };
}

/**
 * Samples of a generated window: xorshift32 (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003), each step's
 * signed value over 2^31 times the amplitude, in float32.
 */
export function generateWindow(seed: number, amplitude: number, count: number): Float32Array {
  let x = seed | 0;
  const size = Math.fround(amplitude);
  return new Float32Array(count).map(() => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return size * (Math.fround(x) * 2 ** -31);
  });
}

function largestMagnitude(windows: readonly Float32Array[]): number {
  const largest = windows.reduce(
    (most, samples) => samples.reduce((all, value) => Math.max(all, Math.abs(value)), most),
    0,
  );
  return largest > 0 && Number.isFinite(largest) ? largest : 1;
}
