/**
 * Shapes of the feature tensors that the front end gives (docs/model-package.md, `FRNT`). Only arithmetic: the front end itself
 * says how many features it computes, and tests hold the two together.
 */
import type { Design, ResolvedInput } from "../../src-shared/design.ts";
import { samplesIn } from "../dataset/window-count.ts";
import { frameSamples } from "./frontend-config.ts";

/** Statistics that the spectral block gives of each channel. */
export const SPECTRAL_STATISTICS = 5;

export const product = (shape: readonly number[]): number => shape.reduce((all, extent) => all * extent, 1);

/** Samples per channel in one window of an input. */
export const inputSamples = (design: Pick<Design, "window">, input: ResolvedInput): number =>
  samplesIn(design.window.lengthMs, input.rateHz);

/** Float32 values of one window: all inputs, all channels. */
export const windowValuesOf = (design: Pick<Design, "window" | "inputs">): number =>
  design.inputs.reduce((sum, input) => sum + inputSamples(design, input) * input.channels.length, 0);

/**
 * Shape of one input's features: raw [time, channel]; spectral [channel * (statistics + bands)]; log-mel [frame, filter] and mfcc
 * [frame, coefficient], one channel after the other along the first axis.
 */
export function inputFeatureShape(design: Pick<Design, "window">, input: ResolvedInput): number[] {
  const samples = inputSamples(design, input);
  const { features } = input;
  const channels = input.channels.length;
  switch (features.block) {
    case "raw":
      return [Math.floor(samples / features.decimation), channels];
    case "spectral":
      return [channels * (features.bands + (features.statistics ? SPECTRAL_STATISTICS : 0))];
    case "log-mel":
    case "mfcc": {
      const { frame, stride } = frameSamples(features, input.rateHz);
      const frames = samples < frame ? 1 : 1 + Math.floor((samples - frame) / stride);
      return [channels * frames, features.block === "mfcc" ? features.coefficients : features.filters];
    }
  }
}

/** Shape of what the network sees: one input's own shape; several inputs' features end to end. */
export function featureShape(design: Pick<Design, "window" | "inputs">): number[] {
  const shapes = design.inputs.map((input) => inputFeatureShape(design, input));
  return shapes.length === 1 && shapes[0] !== undefined
    ? shapes[0]
    : [shapes.reduce((sum, shape) => sum + product(shape), 0)];
}
