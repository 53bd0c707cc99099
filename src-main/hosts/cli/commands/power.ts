/** `limpet power`: what an experiment takes on each kind of board, and which period between windows reaches which goal. */
import type { Command } from "commander";
import type { PowerOnBoards } from "../../../../src-shared/contract/index.ts";
import { powerOnBoards } from "../../../services/power-service.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { budgetRows } from "../power-text.ts";
import { numberOption, table } from "../values.ts";

/** The firmware's period is 32 bits of milliseconds. */
const MOST_SECONDS = 4_294_967;

type Options = { experiment: string; every?: string; board?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("power")
    .description(
      "Shows the power that an experiment takes on each kind of board, and which period reaches 1 mW or a year on a battery.",
    )
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--every <seconds>", "one window every so many seconds (default: one after the other)")
    .option("--board <kind>", "one kind of board, as limpet boards names it")
    .action(
      cli.run((path: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const every = numberOption("every", options.every, { above: 0, max: MOST_SECONDS }) ?? 0;
        const project = openProject(path);
        try {
          const power = powerOnBoards(project, experiment, Math.round(1000 * every), options.board);
          cli.out(power, () => powerText(power));
        } finally {
          project.close();
        }
      }),
    );
}

function powerText({ instructions, counted, boards }: PowerOnBoards): string {
  return [
    `${instructions} instructions a window, ${counted ? "counted by the virtual board" : "estimated from the design"}.`,
    ...boards.map(({ name, latencyMs, powerBudget }) =>
      [
        "",
        name,
        table([["latency", `${latencyMs.toFixed(1)} ms`], ...budgetRows(powerBudget)]),
        ...powerBudget.notes.map((note) => `Note: ${note}`),
      ].join("\n"),
    ),
  ].join("\n");
}
