/** `limpet report`: a job report of one experiment as an HTML page to file or print. */
import { userInfo } from "node:os";
import type { Command } from "commander";
import { limpetVersion } from "../../../engine/version.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { numberOption } from "../values.ts";

type Options = {
  experiment: string;
  out: string;
  by?: string;
  machine?: string;
  note?: string;
  locale: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("report")
    .description("Writes a job report: machine, dataset, model, test, boards and hashes on one page.")
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment that it is about")
    .requiredOption("--out <path>", "the HTML file to write")
    .option("--by <name>", "who did the job (default: the user's name on this computer)")
    .option("--machine <text>", "which machine, where it stands, where the board sits on it")
    .option("--note <text>", "what else should be said")
    .option("--locale <tag>", "how dates and numbers are written, for example de-DE", "en")
    .action(
      cli.run(async (path: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const { makeJobReport } = await import("../../../services/job-report.ts");
        const project = openProject(path);
        try {
          const { path: written, bytes } = await makeJobReport(
            project,
            {
              experiment,
              path: options.out,
              by: options.by ?? nameOfUser(),
              machine: options.machine ?? "",
              note: options.note ?? "",
              version: limpetVersion(),
              board: null,
              locale: options.locale,
              texts: {},
            },
            cli.work("Writing the report"),
          );
          cli.out({ path: written, bytes }, () => `Wrote ${bytes} bytes to ${written}.`);
        } finally {
          project.close();
        }
      }),
    );
}

/** Empty where the system knows no name. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}
