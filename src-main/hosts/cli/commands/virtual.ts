/** `limpet virtual`: a virtual board for other programs, until it is ended. */
import type { Command } from "commander";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { loadSignals, transportFor } from "../../../boards/open-board.ts";
import { VirtualRelay } from "../../../boards/virtual-relay.ts";
import { runAlone } from "../../../services/log-service.ts";
import { readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { numberOption } from "../values.ts";

type Options = { signal: string[]; tcp?: string; flash?: string; instructions?: boolean; alone?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("virtual")
    .description("Starts a virtual board in QEMU, prints its port, and runs until it is ended.")
    .option(
      "--signal <file>",
      "file that its sensor plays as its signal (WAV, CSV); several play in turn",
      collect,
      [],
    )
    .option("--tcp <port>", "TCP port on this computer (default: any that is free)")
    .option("--flash <file>", "file that holds its flash (default: one for each user)")
    .option("--instructions", "count instructions exactly (the board runs slower)")
    .option(
      "--alone <seconds>",
      "run by itself for this many seconds of the board's own time, as fast as possible, then end",
    )
    .action(
      cli.run(async (options: Options) => {
        const port = numberOption("tcp", options.tcp, { min: 1, max: 65_535, whole: true }) ?? 0;
        const alone = numberOption("alone", options.alone, { above: 0 });
        if (alone !== undefined) {
          const signal = loadSignals(options.signal, readSignalFile);
          await runAlone({ seconds: alone, signal, flashPath: options.flash }, cli.work("Virtual board"));
          cli.out({ port: null, pid: process.pid, seconds: alone }, () => `The board ran ${alone} seconds.`);
          return;
        }
        const transport = transportFor(
          "virtual",
          {
            signals: options.signal,
            flashPath: options.flash,
            instructions: options.instructions,
          },
          readSignalFile,
        );
        const { signal } = cli.work("Virtual board");
        const relay = await VirtualRelay.start(transport, port);
        try {
          cli.out(
            { port: relay.port, pid: process.pid },
            () => `A virtual board is at ${relay.port}. Ctrl+C ends it.`,
          );
          const error = await Promise.race([relay.ended, interrupted(signal)]);
          throw error;
        } finally {
          await relay.close();
        }
      }),
    );
}

export const collect = (value: string, before: string[]): string[] => [...before, value];

/** Resolves when the user (Ctrl+C) or the system (SIGTERM) ends the command. */
function interrupted(signal: AbortSignal | undefined): Promise<LimpetError> {
  return new Promise((resolve) => {
    const end = (): void => resolve(new LimpetError("cancelled", "The virtual board was ended."));
    if (signal?.aborted === true) end();
    signal?.addEventListener("abort", end, { once: true });
    process.once("SIGTERM", end);
  });
}
