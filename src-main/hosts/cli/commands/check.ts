/** `limpet check`: is a project whole, and if not, where. */
import type { Command } from "commander";
import { checkAndRepair } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("check")
    .description("Checks a project: database, check sums of all samples, gaps, rows without an owner.")
    .argument("<project>", "the project (.limpet)")
    .option("--repair", "mends what can be mended, after making a copy")
    .action(
      cli.run(async (path: string, options: { repair?: boolean }) => {
        const result = checkAndRepair(path, { repair: options.repair === true }, cli.work("Checking"));
        cli.out(result, () =>
          [
            `${counted(result.recordings, "recording")}, ${counted(result.chunks, "chunk")}: ${result.ok ? "all is well." : `${counted(result.problems.length, "problem")}.`}`,
            ...result.problems,
            ...(result.repaired ?? []).map((line) => `Mended: ${line}`),
            ...(result.backup ? [`The project as it was before is kept at ${result.backup}.`] : []),
            ...(result.ok || options.repair === true
              ? []
              : ["`limpet check --repair` mends what can be mended, after making a copy."]),
          ].join("\n"),
        );
        if (!result.ok) {
          process.exitCode = 1;
        }
      }),
    );
}
