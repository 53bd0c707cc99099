/** `limpet train`: trains one experiment by a design file, a preset or the project's own design. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { TrainingRequest, TrainingResult } from "../../../../src-shared/contract/index.ts";
import { type DesignFile, PRESET_NAMES } from "../../../../src-shared/design.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, counted, numberOption, table } from "../values.ts";

const BACKENDS = ["auto", "tfjs-node", "wasm"] as const;

type Options = {
  design?: string;
  preset?: string;
  name?: string;
  backend: string;
  epochs?: string;
  seed?: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("train")
    .description("Trains one experiment, by the project's own design unless --design or --preset is given.")
    .argument("<project>", "the project (.limpet)")
    .option("--design <file>", "a design file (JSON)")
    .option("--preset <name>", `a ready-made design: ${PRESET_NAMES.join(", ")}`)
    .option("--name <name>", "what the experiment is called")
    .option("--backend <name>", `${BACKENDS.join(", ")}`, "auto")
    .option("--epochs <number>", "epochs at most (default: the design's)")
    .option("--seed <number>", "seed of weights and order (default: the design's)")
    .action(
      cli.run(async (path: string, options: Options) => {
        const request = await requestOf(options);
        // Loaded only when it is wanted: it brings TensorFlow.js.
        const { train } = await import("../../../services/training-service.ts");
        const work = cli.work("Training");
        // Ctrl+C ends the training and keeps the best weights; before the first epoch there is nothing to keep.
        const cancel = new AbortController();
        let epochs = 0;
        work.signal.addEventListener("abort", () => {
          if (epochs === 0) cancel.abort(work.signal.reason);
        });
        const project = openProject(path);
        try {
          const result = await train(project, request, {
            onProgress: work.onProgress,
            signal: cancel.signal,
            stop: work.signal,
            onEpoch: ({ epoch, loss, validationLoss, validationAccuracy }) => {
              epochs = epoch;
              work.onProgress?.(
                `epoch ${epoch}: loss ${loss.toFixed(3)}, validation ${validationLoss.toFixed(3)}, accuracy ${validationAccuracy.toFixed(3)}`,
                0.2 +
                  (0.8 * epoch) / Math.max(epoch, request.epochs ?? request.design?.training.epochs ?? 100),
              );
            },
          });
          cli.out(result, () => resultText(result));
          if (work.signal.aborted) {
            throw new LimpetError(
              "cancelled",
              `Interrupted after ${counted(result.epochs, "epoch")}; the best weights are kept as experiment ${result.experiment}.`,
            );
          }
        } finally {
          project.close();
        }
      }),
    );
}

async function requestOf(options: Options): Promise<TrainingRequest> {
  if (options.design !== undefined && options.preset !== undefined) {
    throw new LimpetError("usage", "Give either --design or --preset, not both.", {
      field: "design",
      hint: "A preset is a complete design; write it to a file to change it.",
    });
  }
  return {
    backend: choiceOption("backend", options.backend, BACKENDS),
    ...(options.design === undefined ? {} : { design: await readDesign(options.design) }),
    ...(options.preset === undefined ? {} : { preset: choiceOption("preset", options.preset, PRESET_NAMES) }),
    ...(options.name === undefined ? {} : { name: options.name }),
    ...optional("epochs", numberOption("epochs", options.epochs, { min: 1, max: 10_000, whole: true })),
    ...optional("seed", numberOption("seed", options.seed, { min: 0, max: 2 ** 31 - 1, whole: true })),
  };
}

const optional = <K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, number>);

/** Reads a design file. Throws `not-found`, `invalid-design`. */
export async function readDesign(path: string): Promise<DesignFile> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new LimpetError("not-found", `The design file ${path} cannot be read.`, {
      field: path,
      hint: "Check the path.",
      cause: error,
    });
  }
  let value: unknown;
  try {
    // Editors of Windows put a byte order mark before the text.
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new LimpetError(
      "invalid-design",
      `${path} is not JSON: ${error instanceof Error ? error.message : ""}.`,
      {
        field: path,
        hint: "docs/design.md shows a design file.",
        cause: error,
      },
    );
  }
  const { parseDesignFile } = await import("../../../features/resolve-design.ts");
  return parseDesignFile(value, path);
}

function resultText(result: TrainingResult): string {
  const part = (value: number): string => value.toFixed(3);
  return [
    `Experiment ${result.experiment}, ${result.name}: ${counted(result.epochs, "epoch")} in ${result.trainSeconds.toFixed(1)} s (${result.backend})${result.stoppedEarly ? ", stopped early" : ""}.`,
    table([
      ["", "loss", "accuracy"],
      ["training", part(result.loss), part(result.accuracy)],
      ["validation", part(result.validationLoss), part(result.validationAccuracy)],
    ]),
    `Fit: ${result.fit}. ${result.advice}`,
    ...result.warnings.map((warning) => `Note: ${warning}`),
  ].join("\n");
}
