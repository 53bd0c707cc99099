/** `limpet predict`: what an experiment says of files. */
import type { Command } from "commander";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, counted, numberOption, table } from "../values.ts";

const ENGINES = ["float", "int8"] as const;

type Options = { experiment: string; engine: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("predict")
    .description("Predicts the label or value of new files: WAV, CSV, sktime .ts or Edge Impulse.")
    .argument("<project>", "the project (.limpet)")
    .argument("<files...>", "files to predict")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--engine <engine>", "float (TensorFlow.js) or int8 (device twin)", "float")
    .action(
      cli.run(async (path: string, files: string[], options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const engine = choiceOption("engine", options.engine, ENGINES);
        const { predictFiles } = await import("../../../services/prediction-service.ts");
        const project = openProject(path);
        try {
          const predictions = await predictFiles(project, experiment, files, engine, cli.work("Predicting"));
          cli.out(predictions, () =>
            table(
              predictions.map(({ file, label, windows }) => [file, label, counted(windows.length, "window")]),
            ),
          );
        } finally {
          project.close();
        }
      }),
    );
}
