/** `limpet export`: an experiment's model, or all recordings. */
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { EXPORT_FORMATS, exportRecordings, openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, counted, numberOption } from "../values.ts";

const MODEL_FORMATS = ["tflite", "c", "arduino", "tfjs", "package", "npz"] as const;

type Options = { experiment?: string; recordings?: boolean; format: string; out: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("export")
    .description("Writes an experiment's model or the recordings.")
    .argument("<project>", "the project (.limpet)")
    .option("--experiment <id>", "the experiment whose model is written")
    .option("--recordings", "writes all recordings into a folder")
    .requiredOption(
      "--format <format>",
      `${MODEL_FORMATS.join(", ")}; of recordings ${EXPORT_FORMATS.join(", ")}`,
    )
    .requiredOption("--out <path>", "file, or folder for recordings, to write")
    .action(
      cli.run(async (path: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true });
        if ((experiment === undefined) === (options.recordings !== true)) {
          throw new LimpetError("usage", "Say what to export: either --experiment or --recordings.", {
            field: "experiment",
            hint: "For example --recordings --format wav --out folder, or --experiment 1 --format tflite --out model.tflite",
          });
        }
        await (experiment === undefined
          ? writeRecordings(path, options, cli)
          : writeModel(path, experiment, options, cli));
      }),
    );
}

async function writeRecordings(path: string, options: Options, cli: CliContext): Promise<void> {
  const format = choiceOption("format", options.format, EXPORT_FORMATS);
  const project = openProject(path, { readonly: true });
  try {
    const result = await exportRecordings(project, format, options.out, cli.work("Exporting"));
    cli.out(result, () => `Wrote ${counted(result.files, "file")} to ${options.out}.`);
  } finally {
    project.close();
  }
}

async function writeModel(
  path: string,
  experiment: number,
  options: Options,
  cli: CliContext,
): Promise<void> {
  const format = choiceOption("format", options.format, MODEL_FORMATS);
  // Loaded only when it is wanted: exporting recordings needs no converter.
  const { exportModel } = await import("../../../services/conversion-service.ts");
  const project = openProject(path);
  try {
    const result = await exportModel(project, experiment, format, options.out, cli.work("Exporting"));
    cli.out(result, () => `Wrote ${result.bytes} bytes to ${result.path}.`);
  } finally {
    project.close();
  }
}
