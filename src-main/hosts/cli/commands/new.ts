/** `limpet new`: makes a project, empty or from an example. */
import type { Command } from "commander";
import { EXAMPLE_NAMES } from "../../../../src-shared/contract/index.ts";
import { createProject } from "../../../services/example-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("new")
    .description("Makes a new project, empty or from an example.")
    .argument("<project>", "the file to make (.limpet)")
    .option("--example <name>", `an example to start from: ${EXAMPLE_NAMES.join(", ")}`)
    .action(
      cli.run(async (path: string, options: { example?: string }) => {
        const example =
          options.example === undefined ? undefined : choiceOption("example", options.example, EXAMPLE_NAMES);
        const project = await createProject(path, example, cli.work("Making the project"));
        const made = { project: project.path, example: example ?? null };
        const { length } = project.recordings();
        project.close();
        cli.out(made, () =>
          example === undefined
            ? `${made.project} is made. Record with \`limpet record\` or import files with \`limpet import\`.`
            : `${made.project} is made from the example ${example}: ${length} recordings. Train with \`limpet train\`.`,
        );
      }),
    );
}
