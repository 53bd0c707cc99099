/** `limpet info`: what is in a project. */
import type { Command } from "commander";
import { openProject, type ProjectInfo, projectInfo } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, table } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("info")
    .description("Shows what is in a project.")
    .argument("<project>", "the project (.limpet)")
    .action(
      cli.run(async (path: string) => {
        const project = openProject(path, { readonly: true });
        try {
          const info = projectInfo(project);
          cli.out(info, () => infoText(info));
        } finally {
          project.close();
        }
      }),
    );
}

function infoText(info: ProjectInfo): string {
  const parts = [`${counted(info.recordings, "recording")}, ${info.seconds} s`];
  const labels = Object.entries(info.labels);
  if (labels.length === 0) {
    parts.push("Nothing recorded yet: `limpet record` measures, `limpet import` reads files.");
  } else {
    parts.push(
      table([
        ["label", "recordings", "seconds"],
        ...labels.map(([label, { recordings, seconds }]) => [label, recordings, seconds]),
      ]),
    );
  }
  if (info.split !== null) {
    parts.push(
      table([
        ["split", "recordings", "seconds", "windows"],
        ...Object.entries(info.split).map(([side, { recordings, seconds, windows }]) => [
          side,
          recordings,
          seconds,
          windows,
        ]),
      ]),
    );
  }
  if (info.experiments.length > 0) {
    parts.push(
      table([
        ["experiment", "name", "network", "validation accuracy"],
        ...info.experiments.map(({ id, name, kind, validationAccuracy }) => [
          id,
          name,
          kind,
          validationAccuracy?.toFixed(3) ?? "",
        ]),
      ]),
    );
  }
  return parts.join("\n\n");
}
