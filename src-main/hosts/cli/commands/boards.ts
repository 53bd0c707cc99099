/** `limpet boards`: the boards that can be reached. */
import type { Command } from "commander";
import { openBoard } from "../../../boards/open-board.ts";
import { listBoards } from "../../../services/boards-service.ts";
import { diagnose } from "../../../services/connection-doctor.ts";
import { readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { table } from "../values.ts";

export function register(program: Command, cli: CliContext): void {
  program
    .command("boards")
    .description("Lists the boards found, with their firmware, model and sensors.")
    .option(
      "--diagnose [port]",
      "says why a port cannot be used, or why a board is not in the list, with one next step",
    )
    .action(
      cli.run(async (options: { diagnose?: string | true }) => {
        if (options.diagnose !== undefined) {
          await tellDiagnosis(cli, options.diagnose === true ? null : options.diagnose);
          return;
        }
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

async function tellDiagnosis(cli: CliContext, port: string | null): Promise<void> {
  const findings = await diagnose(port, async (one) => {
    await (await openBoard(one, {}, readSignalFile)).close();
  });
  cli.out(findings, () =>
    findings.length === 0
      ? "No problem was found."
      : findings
          .map(({ message, next, command }) =>
            [message, next, ...(command === undefined ? [] : [`  ${command}`])].join("\n"),
          )
          .join("\n\n"),
  );
}
