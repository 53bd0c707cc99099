/** `limpet import`: files, folders and other projects into a project. */
import { extname } from "node:path";
import type { Command } from "commander";
import type { ImportResult } from "../../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { type MergeReport, mergeProject } from "../../../dataset/merge.ts";
import { importFiles, openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption } from "../values.ts";

type Options = { label?: string; rate?: string; group?: string };

/** What one of the other projects brought. */
type Merged = Pick<MergeReport, "imported" | "same" | "completed" | "conflicts"> & { readonly path: string };

const isProject = (path: string): boolean => extname(path).toLowerCase() === ".limpet";

export function register(program: Command, cli: CliContext): void {
  program
    .command("import")
    .description(
      "Imports recordings from WAV, CSV, sktime .ts and Edge Impulse files, from folders of them, and from other projects (.limpet).",
    )
    .argument("<project>", "the project (.limpet)")
    .argument("<paths...>", "files, folders and projects")
    .option(
      "--label <label>",
      "label of everything that is imported (default: the file's name up to the first dot)",
    )
    .option("--rate <hertz>", "sampling rate of files that do not state it")
    .option(
      "--group <pattern>",
      "regular expression; its first match in the name is the group (machine, session, person)",
    )
    .action(
      cli.run(async (path: string, paths: string[], options: Options) => {
        const rateHz = numberOption("rate", options.rate, { above: 0 });
        const projects = paths.filter(isProject);
        requireNoFlags(projects, options);
        const project = openProject(path);
        try {
          const work = cli.work("Importing");
          const files = paths.filter((one) => !isProject(one));
          const report: ImportResult =
            files.length === 0
              ? { imported: 0, skipped: [], recordings: [], notes: [] }
              : await importFiles(
                  project,
                  files,
                  { label: options.label, rateHz, group: options.group },
                  work,
                );
          const merged: Merged[] = [];
          for (const other of projects)
            merged.push(take(report, other, await mergeProject(project, other, work)));
          cli.out(projects.length === 0 ? report : { ...report, merged }, () => importText(report, merged));
        } finally {
          project.close();
        }
      }),
    );
}

/** Recordings of a project bring labels, rates and groups of their own. */
function requireNoFlags(projects: readonly string[], options: Options): void {
  const flag = (["label", "rate", "group"] as const).find((name) => options[name] !== undefined);
  if (projects.length > 0 && flag !== undefined) {
    throw new LimpetError("usage", `--${flag} is for files; ${projects[0]} brings its own.`, {
      field: flag,
      hint: "Import the project by itself, and change its recordings afterwards.",
    });
  }
}

/** Adds what a project brought to the report of the files. */
function take(report: ImportResult, path: string, merge: MergeReport): Merged {
  const { imported, same, completed, conflicts } = merge;
  report.imported += imported;
  report.recordings.push(...merge.recordings);
  report.skipped.push(...merge.skipped.map(({ name, reason }) => ({ path: `${path} (${name})`, reason })));
  report.notes.push(...merge.notes);
  return { path, imported, same, completed, conflicts };
}

/** Conflicts beyond this many are counted. */
const LISTED = 20;

function importText(report: ImportResult, merged: readonly Merged[]): string {
  const same = merged.reduce((sum, one) => sum + one.same, 0);
  const conflicts = merged.flatMap((one) => one.conflicts);
  const completed = merged.reduce((sum, one) => sum + one.completed, 0);
  return [
    `Imported ${counted(report.imported, "recording")}.`,
    ...(completed > 0 ? [`Of ${counted(completed, "recording")} here, what was not known was added.`] : []),
    ...(same > LISTED
      ? [
          `Skipped ${counted(report.skipped.length, "recording")}: the same content is in the project already.`,
        ]
      : report.skipped.map(({ path, reason }) => `Skipped ${path}: ${reason}`)),
    ...conflicts
      .slice(0, LISTED)
      .map(
        ({ name, field, here, there }) =>
          `Conflict, ${name}: ${field} is "${here}" here and "${there}" there.`,
      ),
    ...(conflicts.length > LISTED ? [`and ${counted(conflicts.length - LISTED, "more conflict")}.`] : []),
    ...(conflicts.length > 0 ? ["What is here stays; --json lists all of them."] : []),
    ...report.notes.map((note) => `Note: ${note}`),
  ].join("\n");
}
