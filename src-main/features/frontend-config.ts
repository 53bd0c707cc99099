/**
 * The front end's configuration as the board reads it: section FRNT of a model package (docs/model-package.md), from a complete
 * design. Knows the bytes; what the blocks compute is the firmware's business.
 */
import type { Design, FeatureBlock, ResolvedInput } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { samplesIn } from "../dataset/window-count.ts";
import { butterworth } from "./butterworth.ts";

/** Limits of the format. */
const MAX_INPUTS = 4;
const MAX_INPUT_CHANNELS = 7;
const SENSOR_BYTES = 16;

const BLOCK_NUMBERS: Readonly<Record<FeatureBlock["block"], number>> = {
  raw: 0,
  spectral: 1,
  "log-mel": 2,
  mfcc: 3,
};
const BLOCK_VERSION = 1;

const NORMALISATIONS = { none: 0, mean: 1, "mean-variance": 2, range: 3 } as const;

type Parameter = { readonly type: "f32" | "u32"; readonly value: number };
const f32 = (value: number): Parameter => ({ type: "f32", value });
const u32 = (value: number): Parameter => ({ type: "u32", value });

/** The smallest power of two that is at least `value`. */
const powerOfTwoFrom = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));

/** Samples of a frame and of the distance between frames, and the FFT's length, at a rate. */
export function frameSamples(
  block: { readonly frameMs: number; readonly strideMs: number; readonly fftLength?: number | undefined },
  rateHz: number,
): { readonly frame: number; readonly stride: number; readonly fftLength: number } {
  const frame = samplesIn(block.frameMs, rateHz);
  return {
    frame,
    stride: samplesIn(block.strideMs, rateHz),
    fftLength: block.fftLength ?? Math.max(16, powerOfTwoFrom(frame)),
  };
}

/** Distance of the spectral block's FFT frames, samples; at least one. */
export const hopSamples = (fftLength: number, overlap: number): number =>
  Math.max(1, Math.round(fftLength * (1 - overlap)));

/** FRNT of a design. Throws `invalid-design` where the format has no room for it. */
export function encodeFrontend(design: Pick<Design, "window" | "inputs">): Uint8Array {
  if (design.inputs.length > MAX_INPUTS) {
    throw new LimpetError("invalid-design", `A model has at most ${MAX_INPUTS} inputs.`, {
      field: "inputs",
      hint: "Leave out the sensors that matter least.",
    });
  }
  const parts = design.inputs.map((input, index) => encodeInput(input, design, `inputs.${index}`));
  const bytes = new Uint8Array(4 + parts.reduce((sum, part) => sum + part.length, 0));
  bytes[0] = parts.length;
  let offset = 4;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function encodeInput(input: ResolvedInput, { window }: Pick<Design, "window">, field: string): Uint8Array {
  const sensor = new TextEncoder().encode(input.sensor);
  if (sensor.length > SENSOR_BYTES) {
    throw new LimpetError("invalid-design", `The sensor's name ${input.sensor} is too long for a board.`, {
      field: `${field}.sensor`,
      hint: `Sensor names have at most ${SENSOR_BYTES} bytes.`,
    });
  }
  if (input.channels.length > MAX_INPUT_CHANNELS) {
    throw new LimpetError(
      "invalid-design",
      `${input.channels.length} channels of ${input.sensor} are too many: a model takes ${MAX_INPUT_CHANNELS} of one sensor.`,
      { field: `${field}.channels`, hint: "Name the channels that matter." },
    );
  }
  const parameters = parametersOf(input.features, input.rateHz);
  const bytes = new Uint8Array(SENSOR_BYTES + 4 + 8 + 8 + 4 + parameters.length * 4);
  const view = new DataView(bytes.buffer);
  bytes.set(sensor, 0);
  let at = SENSOR_BYTES;
  view.setFloat32(at, input.rateHz, true);
  at += 4;
  view.setUint8(at, input.channels.length);
  bytes.set(input.channelIndices, at + 1);
  at += 8;
  view.setUint32(at, samplesIn(window.lengthMs, input.rateHz), true);
  view.setUint32(at + 4, samplesIn(window.strideMs, input.rateHz), true);
  at += 8;
  view.setUint8(at, BLOCK_NUMBERS[input.features.block]);
  view.setUint8(at + 1, BLOCK_VERSION);
  view.setUint16(at + 2, parameters.length * 4, true);
  at += 4;
  for (const { type, value } of parameters) {
    if (type === "f32") view.setFloat32(at, value, true);
    else view.setUint32(at, value, true);
    at += 4;
  }
  return bytes;
}

function parametersOf(block: FeatureBlock, rateHz: number): Parameter[] {
  switch (block.block) {
    case "raw":
      return [f32(block.scale), u32(block.decimation)];
    case "spectral": {
      const { filter } = block;
      // The front end filters what decimation has left.
      const sections =
        filter.kind === "none"
          ? []
          : butterworth(filter.kind, filter.order, filter.cutoffHz, rateHz / block.decimation);
      return [
        f32(block.scale),
        u32(block.decimation),
        u32(block.fftLength),
        u32(hopSamples(block.fftLength, block.overlap)),
        u32(block.bands),
        u32((block.log ? 1 : 0) | (block.statistics ? 2 : 0)),
        u32(sections.length),
        ...sections.flat().map(f32),
      ];
    }
    case "log-mel":
      return melParameters(block, rateHz);
    case "mfcc":
      return [...melParameters(block, rateHz), u32(block.coefficients)];
  }
}

function melParameters(
  block: Extract<FeatureBlock, { block: "log-mel" | "mfcc" }>,
  rateHz: number,
): Parameter[] {
  const { frame, stride, fftLength } = frameSamples(block, rateHz);
  return [
    u32(frame),
    u32(stride),
    u32(fftLength),
    u32(block.filters),
    f32(block.lowHz),
    f32(block.highHz === 0 ? rateHz / 2 : block.highHz),
    f32(block.preEmphasis),
    f32(block.noiseFloorDb),
    u32(NORMALISATIONS[block.windowNormalisation]),
    u32(block.pcen ? 1 : 0),
    ...(block.windowNormalisation === "range" ? [f32(block.dynamicRangeDb)] : []),
  ];
}
