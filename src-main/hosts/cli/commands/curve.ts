/** `limpet curve`: would more data help? */
import type { Command } from "commander";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { numberOption, table } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("curve")
    .description(
      "Trains an experiment's design on a quarter, half, three quarters and all of its training recordings: would more help?",
    )
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--seed <number>", "which recordings are drawn", "1")
    .action(
      cli.run(async (path: string, options: { experiment: string; seed: string }) => {
        const request = {
          experiment: numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0,
          seed: numberOption("seed", options.seed, { min: 0, whole: true }) ?? 1,
        };
        const { learningCurve } = await import("../../../services/learning-curve-service.ts");
        const project = openProject(path);
        try {
          const report = await learningCurve(project, request, cli.work("Training"));
          cli.out(report, () =>
            [
              table([
                ["part", "recordings", "windows", "accuracy", "95 %", "loss"],
                ...report.points.map(
                  ({
                    fraction,
                    recordings,
                    windows,
                    validationAccuracy,
                    accuracyInterval,
                    validationLoss,
                  }) => [
                    `${Math.round(100 * fraction)} %`,
                    recordings,
                    windows,
                    validationAccuracy.toFixed(3),
                    accuracyInterval.map((end) => end.toFixed(3)).join(" to "),
                    validationLoss.toFixed(3),
                  ],
                ),
              ]),
              report.advice,
            ].join("\n\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}
