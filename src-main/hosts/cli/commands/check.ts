/** `limpet check`: is a project whole, and if not, where. */
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../../src-shared/work.ts";
import type { ProjectFile } from "../../../dataset/project-file.ts";
import { logFolder, readLogs } from "../../../engine/log-file.ts";
import { userFolder } from "../../../engine/user-folder.ts";
import { limpetVersion } from "../../../engine/version.ts";
import { checkAndRepair, openProject } from "../../../services/project-service.ts";
import { saveReport } from "../../../services/report-service.ts";
import type { CliContext } from "../context.ts";
import { counted } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("check")
    .description("Checks a project: database, check sums of all samples, gaps, rows without an owner.")
    .argument("<project>", "the project (.limpet)")
    .option("--repair", "mends what can be mended, after making a copy")
    .option("--report <file>", "writes a zip with log and figures, without recordings, for whoever helps you")
    .action(
      cli.run(async (path: string, options: { repair?: boolean; report?: string }) => {
        const work = cli.work("Checking");
        const result = checkAndRepair(path, { repair: options.repair === true }, work);
        if (options.report !== undefined) await writeReport(path, options.report, cli, work);
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

/** A report also of a project that cannot be opened: log and computer are worth something by themselves. */
async function writeReport(path: string, file: string, cli: CliContext, work: WorkOptions): Promise<void> {
  let project: ProjectFile | null = null;
  try {
    project = openProject(path, { readonly: true });
  } catch (error) {
    if (!(error instanceof LimpetError)) throw error;
  }
  try {
    const logs = readLogs(logFolder(userFolder()));
    const request = {
      path: file,
      version: limpetVersion(),
      host: "command line",
      logs,
      project,
      withProject: false,
    };
    const { path: written } = await saveReport(request, work);
    cli.note(`The report is at ${written}.`);
  } finally {
    project?.close();
  }
}
