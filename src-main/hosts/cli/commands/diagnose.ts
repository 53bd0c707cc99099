/** `limpet diagnose`: what is wrong with the data or doubtful, each with one next step. */
import type { Command } from "commander";
import type { DiagnosisFinding } from "../../../../src-shared/contract/index.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption } from "../values.ts";

const WORDS = { error: "Wrong", warning: "Doubtful", info: "Note" } as const;

export function register(program: Command, cli: CliContext): void {
  program
    .command("diagnose")
    .description(
      "Looks for labels that look wrong, dead channels, duplicates, leaks and gaps in the data; says what to do next.",
    )
    .argument("<project>", "the project (.limpet)")
    .option("--experiment <id>", "look with this experiment's design (default: the project's own)")
    .action(
      cli.run(async (path: string, options: { experiment?: string }) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? null;
        const { diagnose } = await import("../../../services/diagnosis-service.ts");
        const project = openProject(path);
        try {
          const findings = await diagnose(project, experiment, cli.work("Diagnosing"));
          cli.out(findings, () => findingsText(findings));
        } finally {
          project.close();
        }
      }),
    );
}

function findingsText(findings: readonly DiagnosisFinding[]): string {
  if (findings.length === 0) return "No problems were found.";
  return [
    `${counted(findings.length, "finding")}:`,
    ...findings.map(({ severity, message, hint }) => `${WORDS[severity]}: ${message}\n  Next: ${hint}`),
  ].join("\n\n");
}
