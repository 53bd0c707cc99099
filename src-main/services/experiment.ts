/**
 * An experiment as learning works with it: design, classes, network and normalisation out of its row, and its windows out of the
 * dataset. Knows how the result's JSON is laid out (docs/project-file.md); trains and evaluates nothing.
 */
import { z } from "zod";
import { labelThresholds, trainingResult } from "../../src-shared/contract/index.ts";
import { type Design, design as designSchema } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { ExperimentRow } from "../dataset/types.ts";
import type { Normalisation } from "../features/normalisation.ts";
import type { TrainedNetwork } from "../training/network.ts";
import { decodeNetwork } from "../training/weights.ts";
import { type Anomaly, readAnomaly, storedAnomaly } from "./anomaly-service.ts";

/** JSON of `experiments.result`: the training's result without its id, and what was learnt besides the weights. */
const storedResult = trainingResult.omit({ experiment: true }).extend({
  normalisation: z.object({ mean: z.array(z.number()), factor: z.array(z.number()) }).nullable(),
  anomaly: storedAnomaly.nullable().default(null),
  /** Set after the training; a label that is absent has none. */
  thresholds: labelThresholds.default({}),
});
export type StoredResult = z.infer<typeof storedResult>;

export type Experiment = {
  readonly id: number;
  readonly name: string;
  readonly design: Design;
  /** Classes in the order of the network's outputs; empty for a value. */
  readonly labels: readonly string[];
  readonly result: StoredResult;
  readonly normalisation: Normalisation | null;
  /** Null where its design wants no anomaly score. */
  readonly anomaly: Anomaly | null;
  /** Score from which each label counts as recognised, as float32; 0: always. */
  readonly thresholds: readonly number[];
  readonly network: TrainedNetwork;
  readonly row: ExperimentRow;
};

/** JSON of a normalisation; float32 values survive it exactly. */
export const storedNormalisation = (normalisation: Normalisation | null): StoredResult["normalisation"] =>
  normalisation === null ? null : { mean: [...normalisation.mean], factor: [...normalisation.factor] };

/** Throws `not-found`, and `project-corrupt` where what is stored cannot be read. */
export function loadExperiment(project: ProjectFile, id: number): Experiment {
  const row = project.experiment(id);
  const { design, result } = parseRow(row);
  return {
    id,
    name: row.name,
    design,
    labels: row.labels,
    result,
    normalisation:
      result.normalisation === null
        ? null
        : {
            mean: Float32Array.from(result.normalisation.mean),
            factor: Float32Array.from(result.normalisation.factor),
          },
    anomaly: readAnomaly(result.anomaly),
    thresholds: row.labels.map((label) => Math.fround(result.thresholds[label] ?? 0)),
    network: decodeNetwork(row.weights),
    row,
  };
}

/** Design and result of an experiment, checked. Throws `project-corrupt`. */
export function parseRow(row: Pick<ExperimentRow, "id" | "design" | "result">): {
  design: Design;
  result: StoredResult;
} {
  const design = designSchema.safeParse(row.design);
  const result = storedResult.safeParse(row.result);
  if (!design.success || !result.success) {
    throw new LimpetError("project-corrupt", `What is stored of experiment ${row.id} cannot be read.`, {
      field: "experiment",
      hint: "Train it again; recordings are not affected.",
      cause: design.error ?? result.error,
    });
  }
  return { design: design.data, result: result.data };
}
