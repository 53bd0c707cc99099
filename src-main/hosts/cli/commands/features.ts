/** `limpet features`: the feature tensor of each window of a file, by the device twin or a board. */
import type { Command } from "commander";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, counted, numberOption } from "../values.ts";

const ENGINES = ["twin", "board"] as const;

type Options = { experiment: string; engine: string; board: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("features")
    .description("Computes the features of each window of a file, before normalisation.")
    .argument("<project>", "the project (.limpet)")
    .argument("<file>", "file with a signal")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--engine <engine>", "twin (on this machine) or board", "twin")
    .option(
      "--board <board>",
      "for the engine board: serial path, tcp://host:port, virtual or simulated",
      "virtual",
    )
    .action(
      cli.run(async (path: string, file: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const engine = choiceOption("engine", options.engine, ENGINES);
        const { fileFeatures } = await import("../../../services/prediction-service.ts");
        const project = openProject(path);
        try {
          const result = await fileFeatures(
            project,
            experiment,
            file,
            engine === "twin" ? { kind: "twin" } : { kind: "board", port: options.board },
            cli.work("Computing features"),
          );
          cli.out(result, () =>
            [
              `${counted(result.windows.length, "window")} of ${result.shape.join(" x ")} features.`,
              ...result.windows.map((row) => row.map((value) => value.toPrecision(6)).join(" ")),
            ].join("\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}
