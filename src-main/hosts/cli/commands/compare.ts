/** `limpet compare`: two experiments on the same test windows, or one with and without a sensor, with a significance test. */
import type { Command } from "commander";
import type { WithoutReport } from "../../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { numberOption, table } from "../values.ts";

/** Differences that chance alone makes more seldom than this count as real. */
const SIGNIFICANT = 0.05;

type Options = { without?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("compare")
    .description("Compares two experiments on the same test windows (McNemar's test).")
    .argument("<project>", "the project (.limpet)")
    .argument("<a>", "an experiment")
    .argument("[b]", "another one")
    .option(
      "--without <sensor>",
      "instead of another one: A, trained again without this sensor or these channels",
    )
    .action(
      cli.run(async (path: string, first: string, second: string | undefined, options: Options) => {
        const a = numberOption("a", first, { min: 1, whole: true }) ?? 0;
        if ((second === undefined) === (options.without === undefined)) {
          throw new LimpetError("usage", "Give either a second experiment or --without SENSOR.", {
            field: "b",
            hint: "limpet compare PROJECT A B, or limpet compare PROJECT A --without SENSOR.",
          });
        }
        if (options.without !== undefined) {
          await compareWithout(cli, path, a, options.without);
          return;
        }
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
              `Accuracy ${report.accuracyA.toFixed(3)} and ${report.accuracyB.toFixed(3)} on ${report.windows} windows; p = ${report.pValue.toPrecision(2)}: ${report.pValue < SIGNIFICANT ? "they differ" : "the difference may be chance"}.`,
            ].join("\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}

/** Trains the other one where it is not there yet. */
async function compareWithout(
  cli: CliContext,
  path: string,
  experiment: number,
  sensor: string,
): Promise<void> {
  const service = await import("../../../services/without-service.ts");
  const project = openProject(path);
  try {
    const work = cli.work("Comparing");
    const report = await service.compareWithout(project, { experiment, sensor }, work);
    cli.out(report, () => withoutText(report));
  } finally {
    project.close();
  }
}

const VERDICTS: Readonly<Record<WithoutReport["verdict"], string>> = {
  needed: "it is of use",
  "not-needed": "the difference may be chance, so it can be left out",
  harmful: "the model is better without it",
};

function withoutText(report: WithoutReport): string {
  const { a, b, without } = report;
  return [
    `Experiment ${b} is ${a} without ${without}, ${report.trained ? "trained now" : "which was there already"}.`,
    table([
      ["", "without, right", "without, wrong"],
      ["with, right", report.bothRight, report.onlyA],
      ["with, wrong", report.onlyB, report.bothWrong],
    ]),
    `Accuracy ${report.accuracyA.toFixed(3)} with and ${report.accuracyB.toFixed(3)} without ${without} on ${report.windows} windows; p = ${report.pValue.toPrecision(2)}: ${VERDICTS[report.verdict]}.`,
  ].join("\n");
}
