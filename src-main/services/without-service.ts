/**
 * "With and without this sensor": an experiment's design without one of its sensors, or without some channels, trained with the same
 * split and seed, and both compared on the same test windows. Two models decide on a data source (Warden and Situnayake, "TinyML",
 * chapter 3: a model of the data as it is, before more of it is collected). Knows experiments; no host.
 */
import type { TrainingRequest, WithoutReport, WithoutRequest } from "../../src-shared/contract/index.ts";
import { type Design, type DesignFile, designFile, type ResolvedInput } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { compare } from "./evaluation-service.ts";
import { type Experiment, loadExperiment } from "./experiment.ts";
import { train } from "./training-service.ts";

/** Differences that chance alone makes more seldom than this count as real. */
export const SIGNIFICANT = 0.05;

/** Part of the whole that the training is. */
const TRAINING_SHARE = 0.8;

/**
 * Compares an experiment with one that lacks `sensor` (a sensor's id, or names of channels parted by commas). Where the project has
 * such an experiment, trained on the same data, that one is taken. Throws `not-found`; `usage` where nothing of that name is in
 * the design or nothing else would be left; what training and comparing throw.
 */
export async function compareWithout(
  project: ProjectFile,
  { experiment, sensor }: WithoutRequest,
  options: WorkOptions & { readonly stop?: AbortSignal | undefined } = {},
): Promise<WithoutReport> {
  const whole = loadExperiment(project, experiment);
  requireClasses(whole);
  const { kept, without } = leaveOut(whole.design.inputs, sensor);
  const file = designWith(whole.design, kept);
  const known = sameExperiment(project, file);
  const part = (from: number, to: number): WorkOptions => ({
    signal: options.signal,
    onProgress: (stage, fraction) => options.onProgress?.(stage, from + (to - from) * fraction),
  });
  const request: TrainingRequest = {
    design: file,
    name: `${whole.name}, without ${without}`,
    backend: whole.result.backend,
  };
  const b =
    known ?? (await train(project, request, { ...part(0, TRAINING_SHARE), stop: options.stop })).experiment;
  const { onlyA, onlyB, ...report } = await compare(
    project,
    experiment,
    b,
    part(known === null ? TRAINING_SHARE : 0, 1),
  );
  return {
    ...report,
    onlyA,
    onlyB,
    without,
    verdict: report.pValue >= SIGNIFICANT ? "not-needed" : onlyA > onlyB ? "needed" : "harmful",
    trained: known === null,
  };
}

function requireClasses({ id, design }: Experiment): void {
  if (design.task === "regression") {
    throw new LimpetError("usage", `Experiment ${id} predicts a value; only classifiers are compared.`, {
      field: "experiment",
      hint: "Train it with and without the sensor, evaluate both, and compare their errors.",
    });
  }
}

/** What stays of the inputs without a sensor, or without channels by name. Throws `usage`. */
export function leaveOut(
  inputs: readonly ResolvedInput[],
  name: string,
): { readonly kept: ResolvedInput[]; readonly without: string } {
  const wanted = name
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const all = inputs.flatMap(({ sensor, channels }) => [sensor, ...channels]);
  const unknown = wanted.find((part) => !all.includes(part));
  if (wanted.length === 0 || unknown !== undefined) {
    const sensors = inputs.map(({ sensor, channels }) => `${sensor} (${channels.join(", ")})`);
    throw new LimpetError("usage", `The design has no sensor or channel ${unknown ?? name}.`, {
      field: "sensor",
      hint: `It has ${sensors.join("; ")}.`,
    });
  }
  const kept = inputs
    .filter(({ sensor }) => !wanted.includes(sensor))
    .map((input) => {
      const places = input.channels.flatMap((channel, at) => (wanted.includes(channel) ? [] : [at]));
      return {
        ...input,
        channels: places.map((at) => input.channels[at] as string),
        channelIndices: places.map((at) => input.channelIndices[at] as number),
      };
    })
    .filter(({ channels }) => channels.length > 0);
  if (kept.length === 0) {
    throw new LimpetError("usage", `Without ${wanted.join(", ")} nothing is left to learn from.`, {
      field: "sensor",
      hint: "Leave out one sensor of several, or some of a sensor's channels.",
    });
  }
  return { kept, without: wanted.join(", ") };
}

/** The design with other inputs, as a design file. Turning needs axes in threes: without them, copies are not turned. */
function designWith(design: Design, inputs: readonly ResolvedInput[]): DesignFile {
  const { augmentation, ...training } = design.training;
  const turns = inputs.some(({ channels }) => channels.length % 3 === 0);
  const { rotationDegrees = 0 } = augmentation ?? {};
  return designFile.parse({
    ...design,
    inputs: inputs.map(({ sensor, channels, features }) => ({ sensor, channels, features })),
    training:
      augmentation === undefined
        ? training
        : { ...training, augmentation: { ...augmentation, rotationDegrees: turns ? rotationDegrees : 0 } },
  });
}

/** The latest experiment of exactly that design and the project's present data; null where there is none. */
function sameExperiment(project: ProjectFile, file: DesignFile): number | null {
  const hash = project.datasetHash();
  const wanted = JSON.stringify(file);
  // The schema gives the fields their order, so equal designs are equal texts.
  const found = project
    .experiments()
    .filter(
      ({ datasetHash, design }) =>
        datasetHash === hash && JSON.stringify(designWith(design, design.inputs)) === wanted,
    );
  return found.at(-1)?.id ?? null;
}
