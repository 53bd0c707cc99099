/** `limpet log`: what a board that ran by itself has seen. */
import type { Command } from "commander";
import type { BoardLog } from "../../../../src-shared/contract/index.ts";
import { openBoard } from "../../../boards/open-board.ts";
import { readBoardLog } from "../../../services/log-service.ts";
import { readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, table } from "../values.ts";

type Options = { board: string; clear?: boolean; flash?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("log")
    .description("Shows what a board that ran by itself has seen.")
    .requiredOption("--board <board>", "serial path, tcp://host:port, virtual or simulated")
    .option("--clear", "empty the board's log afterwards")
    .option("--flash <file>", "file that holds the virtual board's flash")
    .action(
      cli.run(async (options: Options) => {
        const session = await openBoard(options.board, { flashPath: options.flash }, readSignalFile);
        try {
          const log = await readBoardLog(
            session,
            { clear: options.clear === true },
            cli.work("Reading the log"),
          );
          cli.out(log, () => textOf(log));
        } finally {
          await session.close();
        }
      }),
    );
}

function textOf({ since, boots, totals, events, eventsLost }: BoardLog): string {
  const windows = Object.values(totals).reduce((sum, count) => sum + count, 0);
  return [
    `${counted(windows, "window")} in ${clock(since)} of running, ${counted(boots, "start")}.`,
    table([["label", "windows"], ...Object.entries(totals)]),
    ...(eventsLost === 0 ? [] : [`${counted(eventsLost, "older event")} replaced by newer ones.`]),
    table([
      ["running", "start", "when", "label", "score"],
      ...events.map(({ time, boot, at, label, score }) => [
        clock(time),
        boot,
        at ?? "",
        label,
        score.toFixed(2),
      ]),
    ]),
  ].join("\n\n");
}

/** Hours, minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
