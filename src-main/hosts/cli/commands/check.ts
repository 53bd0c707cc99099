/** `limpet check`: is a project whole, and if not, where; snapshots to go back to. */
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../../src-shared/work.ts";
import { checkProjectInTurns } from "../../../dataset/check.ts";
import type { ProjectFile } from "../../../dataset/project-file.ts";
import { Snapshots } from "../../../dataset/snapshots.ts";
import { logFolder, readLogs } from "../../../engine/log-file.ts";
import { snapshotFolder, userFolder } from "../../../engine/user-folder.ts";
import { limpetVersion } from "../../../engine/version.ts";
import { checkAndRepairInTurns, openProject } from "../../../services/project-service.ts";
import { saveReport } from "../../../services/report-service.ts";
import type { CliContext } from "../context.ts";
import { counted, table } from "../values.ts";

type Options = { repair?: boolean; report?: string; snapshots?: boolean; restore?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("check")
    .description("Checks a project: database, checksums of all samples, gaps, rows without an owner.")
    .argument("<project>", "the project (.limpet)")
    .option("--repair", "repairs what can be repaired, after making a copy")
    .option("--snapshots", "lists the snapshots of the project, one a day, instead of checking")
    .option(
      "--restore <day>",
      "puts the snapshot of that day in its place; the current file is kept under another name",
    )
    .option("--report <file>", "writes a zip with log and figures, without recordings, for whoever helps you")
    .action(
      cli.run(async (path: string, options: Options) => {
        const work = cli.work("Checking");
        if (options.snapshots === true) return listSnapshots(path, cli);
        if (options.restore !== undefined) return restore(path, options.restore, cli, work);
        const result = await checkAndRepairInTurns(path, { repair: options.repair === true }, work);
        if (options.report !== undefined) await writeReport(path, options.report, cli, work);
        cli.out(result, () =>
          [
            `${counted(result.recordings, "recording")}, ${counted(result.chunks, "chunk")}: ${result.ok ? "all is well." : `${counted(result.problems.length, "problem")}.`}`,
            ...result.problems,
            ...(result.repaired ?? []).map((line) => `Repaired: ${line}`),
            ...(result.backup ? [`The project as it was before is kept at ${result.backup}.`] : []),
            ...(result.ok || options.repair === true
              ? []
              : ["`limpet check --repair` repairs what can be repaired, after making a copy."]),
          ].join("\n"),
        );
        if (!result.ok) {
          process.exitCode = 1;
        }
      }),
    );
}

function listSnapshots(path: string, cli: CliContext): void {
  const snapshots = userSnapshots().list(path);
  cli.out(snapshots, () =>
    snapshots.length === 0
      ? "There are no snapshots of this project: the app makes one on each day that it is open."
      : [
          table([["day", "megabytes"], ...snapshots.map(({ id, bytes }) => [id, (bytes / 1e6).toFixed(1)])]),
          "`limpet check PROJECT --restore DAY` goes back to one of them.",
        ].join("\n\n"),
  );
}

/** What is in the restored project is said by a check of it. */
async function restore(path: string, day: string, cli: CliContext, work: WorkOptions): Promise<void> {
  const kept = await userSnapshots().restore(path, day, work);
  const result = await checkProjectInTurns(path, work);
  cli.out({ restored: day, kept, ...result }, () =>
    [
      `The project is as it was on ${day}: ${counted(result.recordings, "recording")}.`,
      ...(kept === null ? [] : [`The file that was there before is kept at ${kept}.`]),
    ].join("\n"),
  );
}

const userSnapshots = (): Snapshots => new Snapshots(snapshotFolder(userFolder()));

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
