/** An experiment as a file for use elsewhere, in each of the export formats. Knows which part of conversion writes which. */
import type { CheckedParams } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { ExperimentRow } from "../dataset/types.ts";
import type { Experiment } from "./experiment.ts";

type ExportFormat = CheckedParams<"experiments:export">["format"];

export type ExportOptions = WorkOptions & {
  /** The experiment's row with .tflite and package, converted where that has not been done. */
  readonly converted: () => Promise<ExperimentRow>;
};

/** The bytes of the file. Throws what conversion may throw. */
export async function exportFile(
  _project: ProjectFile,
  _experiment: Experiment,
  format: ExportFormat,
  { converted }: ExportOptions,
): Promise<Uint8Array> {
  switch (format) {
    case "tflite":
      return requirePart((await converted()).tflite);
    case "package":
      return requirePart((await converted()).modelPackage);
    default:
      throw new LimpetError("usage", `not there ${format}`, {});
  }
}

function requirePart(part: Uint8Array | null): Uint8Array {
  if (part === null) {
    throw new LimpetError("read-only", "The project cannot be written to, so nothing was converted in it.", {
      hint: "Copy the project to a place that can be written to.",
    });
  }
  return part;
}
