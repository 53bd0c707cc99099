/** `limpet import`: files and folders into a project. */
import type { Command } from "commander";
import { importFiles, openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption } from "../values.ts";

type Options = { label?: string; rate?: string; group?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("import")
    .description(
      "Imports recordings from WAV, CSV, sktime .ts and Edge Impulse files or from folders of them.",
    )
    .argument("<project>", "the project (.limpet)")
    .argument("<paths...>", "files and folders")
    .option("--label <label>", "label of all that is imported (default: the file's name up to the first dot)")
    .option("--rate <hertz>", "sampling rate of files that do not state it")
    .option(
      "--group <pattern>",
      "regular expression; its first match in the name is the group (machine, session, person)",
    )
    .action(
      cli.run(async (path: string, paths: string[], options: Options) => {
        const rateHz = numberOption("rate", options.rate, { above: 0 });
        const project = openProject(path);
        try {
          const report = await importFiles(
            project,
            paths,
            { label: options.label, rateHz, group: options.group },
            cli.work("Importing"),
          );
          cli.out(report, () =>
            [
              `Imported ${counted(report.imported, "recording")}.`,
              ...report.skipped.map(({ path: skipped, reason }) => `Skipped ${skipped}: ${reason}`),
              ...report.notes.map((note) => `Note: ${note}`),
            ].join("\n"),
          );
        } finally {
          project.close();
        }
      }),
    );
}
