/** `limpet monitor`: the board's own predictions, live. */
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { openBoard } from "../../../boards/open-board.ts";
import { monitor } from "../../../services/live-service.ts";
import { readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption } from "../values.ts";
import { collect } from "./virtual.ts";

type Options = { board: string; seconds?: string; signal: string[]; flash?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("monitor")
    .description("Shows the board's own predictions, live.")
    .requiredOption("--board <board>", "serial path, tcp://host:port, virtual or simulated")
    .option("--seconds <seconds>", "how long (default: the signal's length, else until Ctrl+C)")
    .option(
      "--signal <file>",
      "file that a virtual or simulated board plays as its signal; several play in turn",
      collect,
      [],
    )
    .option("--flash <file>", "file that holds the virtual board's flash")
    .action(
      cli.run(async (options: Options) => {
        const wanted = numberOption("seconds", options.seconds, { above: 0 });
        const seconds = wanted ?? signalSeconds(options.signal);
        const work = cli.work("Monitoring");
        const session = await openBoard(
          options.board,
          { signals: options.signal, flashPath: options.flash },
          readSignalFile,
        );
        try {
          const { predictions, cancelled } = await monitor(session, seconds, () => {}, work);
          cli.out({ predictions }, () => listOf(predictions));
          if (cancelled) {
            throw new LimpetError("cancelled", `Ended after ${counted(predictions.length, "prediction")}.`);
          }
        } finally {
          await session.close();
        }
      }),
    );
}

/** Seconds that files play, null where there are none. */
function signalSeconds(paths: readonly string[]): number | null {
  return paths.length === 0
    ? null
    : paths
        .map((path) => readSignalFile(path))
        .reduce((sum, { samples, rateHz }) => sum + samples / rateHz, 0);
}

function listOf(
  predictions: readonly { timeMs: number; label: string; scores: Record<string, number> }[],
): string {
  const lines = predictions.map(
    ({ timeMs, label, scores }) =>
      `${(timeMs / 1000).toFixed(2).padStart(8)} s  ${label}  ${Object.entries(scores)
        .map(([name, score]) => `${name} ${score.toFixed(2)}`)
        .join(", ")}`,
  );
  return [...lines, `${counted(predictions.length, "prediction")}.`].join("\n");
}
