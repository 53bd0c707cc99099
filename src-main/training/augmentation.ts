/**
 * Changes to training samples that make a network indifferent to them: shift in time, gain, noise, masks. They work on normalised
 * features, differ in every epoch, and depend only on seed, epoch and sample, not on who computes them or in which order.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { sizeOf } from "./architecture.ts";
import { keyOf, RandomSequence } from "./random.ts";
import type { TrainingJob } from "./samples.ts";

/** Changes one sample in place; null where the design wants none. */
export type Augment = (features: Float32Array, sample: number, epoch: number) => void;

/**
 * - `timeShiftMs`: the window is turned round its first axis by up to this much, either way (needs a time axis and `timeStepMs`).
 * - `gain`: features are multiplied by 1 - gain to 1 + gain (so the distance from the training set's mean is).
 * - `noise`: normal noise is added, its deviation this fraction of the channel's deviation over the training set (a channel is
 *   an index of the last axis).
 * - `masking`: one band of rows and one band of columns, each up to this fraction of the axis, become the channel's mean
 *   (SpecAugment, Park et al. 2019); needs two axes.
 *
 * Throws `invalid-design` with the field where the features lack the axis that is asked for.
 */
export function augmentation(job: TrainingJob): Augment | null {
  const wanted = job.training.augmentation;
  if (wanted === undefined) return null;
  const { noise, gain, timeShiftMs, masking } = wanted;
  if (noise === 0 && gain === 0 && timeShiftMs === 0 && masking === 0) return null;
  const [rows = 1] = job.inputShape;
  const flat = job.inputShape.length < 2;
  if (flat && (timeShiftMs > 0 || masking > 0)) {
    throw new LimpetError("invalid-design", "These features have no time axis to shift or mask.", {
      field: `training.augmentation.${timeShiftMs > 0 ? "timeShiftMs" : "masking"}`,
      hint: "Set it to 0, or choose features with a time axis: raw, log-mel or mfcc.",
    });
  }
  if (timeShiftMs > 0 && job.timeStepMs === undefined) {
    throw new LimpetError("invalid-design", "The time between two steps of these features is not known.", {
      field: "training.augmentation.timeShiftMs",
      hint: "Set it to 0: features of several sensors cannot be shifted in time together.",
    });
  }
  const size = sizeOf(job.inputShape);
  const channels = job.inputShape.at(-1) ?? 1;
  const across = size / rows;
  const { mean, deviation } = channelStatistics(job.train.features, channels);
  const maxShift = Math.min(rows - 1, Math.round(timeShiftMs / (job.timeStepMs ?? 1)));
  const turned = new Float32Array(size);

  return (features, sample, epoch) => {
    const random = new RandomSequence(keyOf(job.training.seed, "augmentation", epoch, sample));
    if (maxShift > 0) {
      const shift = random.below(2 * maxShift + 1) - maxShift;
      const cut = ((shift + rows) % rows) * across;
      turned.set(features.subarray(size - cut));
      turned.set(features.subarray(0, size - cut), cut);
      features.set(turned);
    }
    if (gain > 0) {
      const factor = random.between(1 - gain, 1 + gain);
      for (let i = 0; i < size; i++) features[i] = (features[i] ?? 0) * factor;
    }
    if (noise > 0) {
      for (let i = 0; i < size; i++) {
        features[i] = (features[i] ?? 0) + random.normal() * noise * (deviation[i % channels] ?? 0);
      }
    }
    if (masking > 0) {
      const tall = Math.floor(random.uniform() * (masking * rows + 1));
      const top = random.below(rows - tall + 1);
      const wide = Math.floor(random.uniform() * (masking * channels + 1));
      const left = random.below(channels - wide + 1);
      for (let i = 0; i < size; i++) {
        const row = Math.floor(i / across);
        const channel = i % channels;
        if ((row >= top && row < top + tall) || (channel >= left && channel < left + wide)) {
          features[i] = mean[channel] ?? 0;
        }
      }
    }
  };
}

function channelStatistics(
  features: Float32Array,
  channels: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const count = features.length / channels;
  for (let i = 0; i < features.length; i++) {
    mean[i % channels] = (mean[i % channels] ?? 0) + (features[i] ?? 0) / count;
  }
  for (let i = 0; i < features.length; i++) {
    const distance = (features[i] ?? 0) - (mean[i % channels] ?? 0);
    squares[i % channels] = (squares[i % channels] ?? 0) + distance ** 2 / count;
  }
  return { mean, deviation: squares.map(Math.sqrt) };
}
