/**
 * What training sees of a sample differs from epoch to epoch: one of its changed copies (made of the signal before the front end,
 * features/signal-augmentation.ts) or itself, stretched in time and frequency, with parts hidden. Works on normalised features; depends only
 * on seed, epoch and sample, not on who computes it or in which order.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { sizeOf } from "./architecture.ts";
import { keyOf, RandomSequence } from "./random.ts";
import type { MelAxes, TrainingJob } from "./samples.ts";

/** Changes one sample in place; null where the design wants none. */
export type Augment = (features: Float32Array, sample: number, epoch: number) => void;

/**
 * - copies: the sample or one of its changed copies, each as likely.
 * - `tempo`: log-mel features are played slower or faster, by 1 / (1 + tempo) to 1 + tempo, about the window's middle; what would
 *   come from outside the window is its first or last row. Between rows by a straight line.
 * - `frequencyWarp`: the last axis, mel filters, is read at frequencies 1 - warp to 1 + warp times as high, between filters by a
 *   straight line; beyond the ends the last filter is held. Meant for features that were normalised by window, not by filter.
 * - `masking`: one band of rows and one band of columns, each up to this fraction of the axis, become the channel's mean over the
 *   training windows (SpecAugment, Park et al. 2019); needs two axes.
 *
 * Throws `invalid-design` with the field where the features lack the axis that is asked for.
 */
export function augmentation(job: TrainingJob): Augment | null {
  const { masking = 0, frequencyWarp = 0, tempo = 0 } = job.training.augmentation ?? {};
  const { copies } = job.train;
  const each = copies?.each ?? 0;
  if (masking === 0 && frequencyWarp === 0 && tempo === 0 && each === 0) return null;
  const [rows = 1] = job.inputShape;
  if (job.inputShape.length < 2 && masking > 0) {
    throw new LimpetError("invalid-design", "These features have no two axes to mask bands of.", {
      field: "training.augmentation.masking",
      hint: "Set it to 0, or choose features with a time axis: raw, log-mel or mfcc.",
    });
  }
  const { melAxes } = job;
  if ((frequencyWarp > 0 || tempo > 0) && melAxes === undefined) {
    const field = frequencyWarp > 0 ? "frequencyWarp" : "tempo";
    throw new LimpetError("invalid-design", "Only log-mel features of one sensor can be stretched.", {
      field: `training.augmentation.${field}`,
      hint: "Set it to 0, or choose log-mel features.",
    });
  }
  const size = sizeOf(job.inputShape);
  const channels = job.inputShape.at(-1) ?? 1;
  const across = size / rows;
  const mean = masking > 0 ? channelMeans(job.train.features, channels) : new Float64Array();
  const places = new Float64Array(channels);
  const row = new Float32Array(channels);
  const whole = new Float32Array(size);

  return (features, sample, epoch) => {
    const random = new RandomSequence(keyOf(job.training.seed, "augmentation", epoch, sample));
    const taken = random.below(each + 1);
    if (taken > 0 && copies !== undefined) {
      const at = (sample * each + taken - 1) * size;
      features.set(copies.features.subarray(at, at + size));
    }
    if (tempo > 0 && melAxes !== undefined) {
      whole.set(features);
      play(whole, features, rows / melAxes.channels, across, (1 + tempo) ** random.between(-1, 1));
    }
    if (frequencyWarp > 0 && melAxes !== undefined) {
      warpedPlaces(melAxes, random.between(1 - frequencyWarp, 1 + frequencyWarp), places);
      for (let at = 0; at < size; at += channels) {
        row.set(features.subarray(at, at + channels));
        for (let channel = 0; channel < channels; channel++) {
          const place = places[channel] ?? 0;
          const below = Math.floor(place);
          const low = row[below] ?? 0;
          const high = row[Math.min(channels - 1, below + 1)] ?? 0;
          features[at + channel] = low + (place - below) * (high - low);
        }
      }
    }
    if (masking > 0) {
      const tall = Math.floor(random.uniform() * (masking * rows + 1));
      const top = random.below(rows - tall + 1);
      const wide = Math.floor(random.uniform() * (masking * channels + 1));
      const left = random.below(channels - wide + 1);
      for (let i = 0; i < size; i++) {
        const place = Math.floor(i / across);
        const channel = i % channels;
        if ((place >= top && place < top + tall) || (channel >= left && channel < left + wide)) {
          features[i] = mean[channel] ?? 0;
        }
      }
    }
  };
}

/** Rows of `from` (`span` for each channel) at `factor` times their pace, about the middle, into `to`. */
function play(from: Float32Array, to: Float32Array, span: number, across: number, factor: number): void {
  const middle = (span - 1) / 2;
  for (let row = 0; row * across < to.length; row++) {
    const place = Math.min(span - 1, Math.max(0, middle + ((row % span) - middle) * factor));
    const below = Math.floor(place);
    const lower = (row - (row % span) + below) * across;
    const upper = below + 1 < span ? lower + across : lower;
    for (let i = 0; i < across; i++) {
      const low = from[lower + i] ?? 0;
      to[row * across + i] = low + (place - below) * ((from[upper + i] ?? 0) - low);
    }
  }
}

const melOf = (hz: number): number => 1127 * Math.log(1 + hz / 700);
const hertzOf = (mel: number): number => 700 * (Math.exp(mel / 1127) - 1);

/** For each mel filter where, counted in filters, the filter of a frequency `factor` times as high lies; within the axis. */
function warpedPlaces({ lowHz, highHz }: MelAxes, factor: number, places: Float64Array): void {
  const low = melOf(lowHz);
  // Filter m is centred on edge m + 1 of count + 2 that are equally far apart (block_mel.c).
  const step = (melOf(highHz) - low) / (places.length + 1);
  for (let channel = 0; channel < places.length; channel++) {
    const place = (melOf(factor * hertzOf(low + step * (channel + 1))) - low) / step - 1;
    places[channel] = Math.min(places.length - 1, Math.max(0, place));
  }
}

/** Mean of each channel (index of the last axis) over all samples. */
function channelMeans(features: Float32Array, channels: number): Float64Array {
  const mean = new Float64Array(channels);
  const count = features.length / channels;
  for (let i = 0; i < features.length; i++) {
    const channel = i % channels;
    mean[channel] = (mean[channel] ?? 0) + (features[i] ?? 0) / count;
  }
  return mean;
}
