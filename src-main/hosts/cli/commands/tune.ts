/** `limpet tune`: searches windows, features and networks within a board's limits. */
import type { Command } from "commander";
import type { TuneResult } from "../../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { counted, numberOption, table } from "../values.ts";

const DEFAULT_MINUTES = 10;
const MOST_MINUTES = 24 * 60;

type Options = {
  minutes?: string;
  board: string;
  maxRam?: string;
  maxFlash?: string;
  maxLatency?: string;
  seed?: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("tune")
    .description(
      "Tries windows, features and networks within a board's limits; keeps the best as experiments.",
    )
    .argument("<project>", "the project (.limpet)")
    .option("--minutes <minutes>", `time to search for, at most (default: ${DEFAULT_MINUTES})`)
    .option("--board <kind>", "the kind of board whose memory and clock set the limits", "virtual")
    .option("--max-ram <kilobytes>", "RAM that a model may take")
    .option("--max-flash <kilobytes>", "flash that a model may take")
    .option("--max-latency <milliseconds>", "time that a window may take")
    .option("--seed <number>", "seed of the designs that are tried and of their weights (default: 1)")
    .action(
      cli.run(async (path: string, options: Options) => {
        const limits = {
          ...optional("ramKb", numberOption("max-ram", options.maxRam, { above: 0 })),
          ...optional("flashKb", numberOption("max-flash", options.maxFlash, { above: 0 })),
          ...optional("latencyMs", numberOption("max-latency", options.maxLatency, { above: 0 })),
        };
        const request = {
          minutes:
            numberOption("minutes", options.minutes, { above: 0, max: MOST_MINUTES }) ?? DEFAULT_MINUTES,
          board: options.board,
          limits,
          seed: numberOption("seed", options.seed, { min: 0, max: 2 ** 31 - 1, whole: true }) ?? 1,
        };
        // Loaded only when it is wanted: it brings TensorFlow.js.
        const { tune } = await import("../../../services/tune-service.ts");
        const work = cli.work("Tuning");
        const project = openProject(path);
        try {
          // Ctrl+C ends the search and keeps what was found.
          const results = await tune(project, request, { onProgress: work.onProgress, stop: work.signal });
          cli.out(results, () => resultsText(results));
          if (work.signal.aborted) {
            throw new LimpetError("cancelled", `Interrupted; ${counted(results.length, "experiment")} kept.`);
          }
        } finally {
          project.close();
        }
      }),
    );
}

const optional = <K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, number>);

function resultsText(results: readonly TuneResult[]): string {
  const rows = results.map((result) => [
    String(result.experiment),
    result.accuracy.toFixed(3),
    `± ${result.standardError.toFixed(3)}`,
    result.crossAccuracy?.toFixed(3) ?? "-",
    result.int8Accuracy.toFixed(3),
    `${(result.ram / 1024).toFixed(1)} KB`,
    `${(result.flash / 1024).toFixed(1)} KB`,
    `${result.latencyMs.toFixed(1)} ms`,
    `${result.name}${result.recommended ? " (recommended)" : ""}`,
  ]);
  return [
    table([["id", "accuracy", "", "others", "int8", "RAM", "flash", "latency", ""], ...rows]),
    "Accuracy on validation windows, with its standard error over recordings, and, of equal ones, on other splits of the recordings. Recommended: the smallest that is as good as the best within one standard error.",
    "The test was not touched: `limpet evaluate` tells what the choice is worth.",
  ].join("\n");
}
