/** An experiment as files for use elsewhere, in each of the export formats. Knows which part of conversion writes which; writes none. */
import type { CheckedParams } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { cArrayFiles } from "../conversion/exports/c-array.ts";
import { type ExportedFile, nameOfPath } from "../conversion/exports/exported-files.ts";
import { featuresNpz } from "../conversion/exports/npz.ts";
import { tfjsFiles } from "../conversion/exports/tfjs-layers.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { arduinoLibrary } from "../deployment/arduino-library.ts";
import { readArduinoSources } from "../deployment/arduino-sources.ts";
import { planDataset } from "../features/dataset-windows.ts";
import { featureShape } from "../features/feature-shape.ts";
import { Twin } from "../features/twin.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import type { Experiment } from "./experiment.ts";
import { featuresOf } from "./learning-data.ts";

export type ModelFormat = CheckedParams<"experiments:export">["format"];

/** What conversion has made of an experiment. */
export type ConvertedParts = {
  readonly tflite: Uint8Array;
  readonly modelPackage: Uint8Array;
  readonly arenaBytes: number;
};

export type ExportOptions = WorkOptions & {
  /** Where it will be written; files that refer to each other are named after it. */
  readonly path: string;
  /** Converts where that has not been done. */
  readonly converted: () => Promise<ConvertedParts>;
};

/** The files of an export. Throws what conversion may throw, and `setup-missing` where the Arduino sources have not been built. */
export async function exportFiles(
  project: ProjectFile,
  experiment: Experiment,
  format: ModelFormat,
  { path, converted, ...work }: ExportOptions,
): Promise<ExportedFile[]> {
  const { labels, normalisation, network } = experiment;
  const name = nameOfPath(path);
  const description = `${experiment.name} (experiment ${experiment.id} of ${project.name})`;
  const single = (bytes: Uint8Array): ExportedFile[] => [{ name, bytes }];
  switch (format) {
    case "tflite":
      return single((await converted()).tflite);
    case "package":
      return single((await converted()).modelPackage);
    case "c": {
      const { tflite, arenaBytes } = await converted();
      return cArrayFiles({ name, description, tflite, labels, arenaBytes, normalisation });
    }
    case "arduino": {
      const { modelPackage } = await converted();
      const { poolBytes } = (await Twin.load()).pipeline(modelPackage);
      const library = { name, description, modelPackage, poolBytes, sources: readArduinoSources() };
      return single(await awayOrHere("arduino", library, () => arduinoLibrary(library), work));
    }
    case "tfjs":
      return tfjsFiles({ network, labels, normalisation, description });
    case "npz":
      return single(await features(project, experiment, work));
    default:
      throw new LimpetError("usage", `There is no export format ${String(format)}.`, { field: "format" });
  }
}

/** The features of all windows that are on a side of the split. */
async function features(
  project: ProjectFile,
  { design, labels, normalisation }: Experiment,
  work: WorkOptions,
): Promise<Uint8Array> {
  const plan = planDataset(project, design);
  const table = await featuresOf(project, { design, plan }, work);
  const named = {
    shape: featureShape(design),
    features: table.features.values,
    labels: table.windows.map(({ recording }) => recording.label),
    splits: table.windows.map(({ split }) => split ?? ""),
    recordings: table.windows.map(({ recording }) => recording.name),
    startsMs: Float64Array.from(table.windows, ({ startMs }) => startMs),
    classes: labels,
    normalisation,
  };
  return awayOrHere("npz", named, () => featuresNpz(named), work);
}
