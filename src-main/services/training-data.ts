/**
 * What a network of a design is trained on, ready for the trainer: sides of the split, changed copies, normalisation, targets. Knows
 * datasets and features; trains nothing.
 */
import type { Design } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { featureShape } from "../features/feature-shape.ts";
import { fitNormalisationInTurns, type Normalisation, normaliseInTurns } from "../features/normalisation.ts";
import { turns } from "../threads/turns.ts";
import type { MelAxes, Samples } from "../training/samples.ts";
import type { TrainRequest } from "../training/train.ts";
import {
  copiesFor,
  type FeatureDataset,
  featuresOf,
  type LearningPlan,
  select,
  type Table,
  targetsOf,
  trainingSides,
} from "./learning-data.ts";

export type TrainingData = {
  readonly sides: { readonly train: Table; readonly validation: Table };
  readonly normalisation: Normalisation | null;
  /** All that the trainer wants but the network and the backend. */
  readonly job: Omit<TrainRequest, "network" | "backend">;
};

/** Part of the work that the windows themselves are where changed copies are made too. */
const WINDOWS_SHARE = 0.5;

/** Computes it. Throws `invalid-design`, `cancelled`. */
export async function trainingData(
  dataset: FeatureDataset,
  learning: Pick<LearningPlan, "design" | "labels" | "plan">,
  work: WorkOptions = {},
): Promise<TrainingData> {
  const { design, labels } = learning;
  const part = (from: number, to: number): WorkOptions => ({
    signal: work.signal,
    onProgress: (stage, fraction) => work.onProgress?.(stage, from + (to - from) * fraction),
  });
  const ready = design.training.augmentation === undefined ? 1 : WINDOWS_SHARE;
  const table = await featuresOf(dataset, learning, part(0, ready));
  const sides = trainingSides(table);
  const copies = await copiesFor(dataset, learning, sides.train, part(ready, 1));
  // What goes over all features takes turns: they may be hundreds of megabytes.
  const breathe = turns(work.signal);
  const normalisation = await fitNormalisationInTurns(
    design.normalisation,
    [sides.train.features.values, ...(copies === null ? [] : [copies.features])],
    table.features.size,
    breathe,
  );
  const samples = async ({ windows, features }: Table): Promise<Samples> => {
    const known = windows.map(
      ({ recording }) => design.task === "regression" || labels.includes(recording.label),
    );
    const used = known.every(Boolean)
      ? { windows, features }
      : select({ windows, features }, (_window, index) => known[index] === true);
    return {
      count: used.windows.length,
      features: await normaliseInTurns(used.features.values, normalisation, breathe),
      targets: targetsOf(used.windows, labels, design.task),
    };
  };
  const validation = await samples(sides.validation);
  const windows = await samples(sides.train);
  const train =
    copies === null
      ? windows
      : {
          ...windows,
          copies: { ...copies, features: await normaliseInTurns(copies.features, normalisation, breathe) },
        };
  return {
    sides,
    normalisation,
    job: {
      training: design.training,
      task: design.task,
      inputShape: featureShape(design),
      outputs: design.task === "regression" ? 1 : labels.length,
      train,
      // Only classes that cannot be learnt were held out for validation: there is nothing better then.
      validation: validation.count > 0 ? validation : windows,
      melAxes: melAxes(design),
    },
  };
}

/** The axes of log-mel features; undefined for others. */
function melAxes({ inputs }: Design): MelAxes | undefined {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1 || input.features.block !== "log-mel") {
    return undefined;
  }
  const { lowHz, highHz } = input.features;
  return { lowHz, highHz: highHz === 0 ? input.rateHz / 2 : highHz, channels: input.channels.length };
}
