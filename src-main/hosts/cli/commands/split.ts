/** `limpet split`: divides recordings among train, validation and test. */
import type { Command } from "commander";
import { completeSplit, openProject, splitProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, numberOption, table } from "../values.ts";

type Options = {
  train?: string;
  validation?: string;
  test?: string;
  by: string;
  seed: string;
  holdout?: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("split")
    .description("Splits the recordings into training, validation and test.")
    .argument("<project>", "the project (.limpet)")
    .option("--train <part>", "part for training (default .6)")
    .option("--validation <part>", "part for validation (default .2)")
    .option("--test <part>", "part for the test (default .2)")
    .option("--by <unit>", "what stays together: recording, group or window", "recording")
    .option("--seed <number>", "another seed gives another split", "1")
    .option(
      "--holdout <pattern>",
      "regular expression: recordings whose name matches are held back for the test",
    )
    .action(
      cli.run(async (path: string, options: Options) => {
        const part = (flag: "train" | "validation" | "test") =>
          numberOption(flag, options[flag], { min: 0, max: 1 });
        const wish = {
          ...completeSplit({ train: part("train"), validation: part("validation"), test: part("test") }),
          by: choiceOption("by", options.by, ["recording", "group", "window"]),
          seed: numberOption("seed", options.seed, { min: 0, whole: true }) ?? 1,
          ...(options.holdout === undefined ? {} : { holdout: options.holdout }),
        };
        const project = openProject(path);
        try {
          const summary = splitProject(project, wish);
          const { notes, ...sides } = summary;
          cli.out(summary, () =>
            [
              table([
                ["split", "recordings", "seconds", "windows"],
                ...Object.entries(sides).map(([side, { recordings, seconds, windows }]) => [
                  side,
                  recordings,
                  seconds,
                  windows,
                ]),
              ]),
              ...notes.map((note) => `Note: ${note}`),
            ].join("\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}
