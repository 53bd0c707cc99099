/** `limpet boards`: the boards that can be reached. */
import type { Command } from "commander";
import { listBoards } from "../../../services/boards-service.ts";
import { readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { table } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("boards")
    .description("Lists the boards found, with their firmware, model and sensors.")
    .action(
      cli.run(async () => {
        const boards = await listBoards(readSignalFile);
        cli.out(boards, () =>
          [
            table([
              ["port", "board", "firmware", "model", "sensors"],
              ...boards.map(({ port, name, firmware, model, sensors }) => [
                port,
                name,
                firmware ?? "-",
                model?.name ?? "none",
                sensors.map(({ id, rates }) => `${id} ${rates[0] ?? "?"} Hz`).join(", "),
              ]),
            ]),
            ...boards.flatMap(({ port, problem }) => (problem === undefined ? [] : [`${port}: ${problem}`])),
          ].join("\n"),
        );
      }),
    );
}
