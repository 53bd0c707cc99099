/** `limpet compare`: two experiments on the same test windows, with a significance test. */
import type { Command } from "commander";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { numberOption, table } from "../values.ts";

/** Differences that chance alone makes more seldom than this count as real. */
const SIGNIFICANT = 0.05;

export function register(program: Command, cli: CliContext): void {
  program
    .command("compare")
    .description("Compares two experiments on the same test windows (McNemar's test).")
    .argument("<project>", "the project (.limpet)")
    .argument("<a>", "an experiment")
    .argument("<b>", "another one")
    .action(
      cli.run(async (path: string, first: string, second: string) => {
        const a = numberOption("a", first, { min: 1, whole: true }) ?? 0;
        const b = numberOption("b", second, { min: 1, whole: true }) ?? 0;
        const { compare } = await import("../../../services/evaluation-service.ts");
        const project = openProject(path);
        try {
          const report = await compare(project, a, b, cli.work("Comparing"));
          cli.out(report, () =>
            [
              table([
                ["", `${b} right`, `${b} wrong`],
                [`${a} right`, report.bothRight, report.onlyA],
                [`${a} wrong`, report.onlyB, report.bothWrong],
              ]),
              `Accuracy ${report.accuracyA.toFixed(3)} and ${report.accuracyB.toFixed(3)} on ${report.windows} windows; p = ${report.pValue.toPrecision(2)}: ${report.pValue < SIGNIFICANT ? "they differ" : "chance would explain the difference"}.`,
            ].join("\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}
