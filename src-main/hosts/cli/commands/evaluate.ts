/** `limpet evaluate`: an experiment on the held-out windows, by float, int8 or the board. */
import type { Command } from "commander";
import type { EvaluationReport } from "../../../../src-shared/contract/index.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, counted, numberOption, table } from "../values.ts";

const SPLITS = ["test", "validation", "train"] as const;
const ENGINES = ["float", "int8", "board"] as const;
/** Mistakes that are shown to people. */
const SHOWN_MISTAKES = 10;

type Options = { experiment: string; split: string; engine: string; board?: string };

export function register(program: Command, cli: CliContext): void {
  program
    .command("evaluate")
    .description("Evaluates an experiment on recordings that it has not seen.")
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--split <side>", `${SPLITS.join(", ")}`, "test")
    .option("--engine <engine>", "float (TensorFlow.js), int8 (device twin) or board", "int8")
    .option("--board <board>", "for the engine board: serial path, tcp://host:port, virtual or simulated")
    .action(
      cli.run(async (path: string, options: Options) => {
        const request = {
          experiment: numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0,
          split: choiceOption("split", options.split, SPLITS),
          engine: choiceOption("engine", options.engine, ENGINES),
          ...(options.board === undefined ? {} : { board: options.board }),
        };
        const { evaluate } = await import("../../../services/evaluation-service.ts");
        const project = openProject(path);
        try {
          const report = await evaluate(project, request, cli.work("Evaluating"));
          cli.out(answerOf(report), () => reportText(report));
        } finally {
          project.close();
        }
      }),
    );
}

/** For a value to predict, its errors take the place of accuracy, classes and confusion. */
function answerOf(report: EvaluationReport): unknown {
  const { regression, accuracy, accuracyInterval, perClass, confusion, ...rest } = report;
  return regression === undefined
    ? { ...rest, accuracy, accuracyInterval, perClass, confusion }
    : { ...rest, ...regression };
}

function reportText(report: EvaluationReport): string {
  const part = (value: number): string => value.toFixed(3);
  const head = `${report.split}, ${report.engine}: ${counted(report.windows, "window")} of ${counted(report.recordings.count, "recording")}`;
  if (report.regression !== undefined) {
    const { mae, rmse, r2 } = report.regression;
    return [
      `${head}; mean absolute error ${mae.toPrecision(4)}, root mean square ${rmse.toPrecision(4)}, R² ${part(r2)}.`,
      ...boardText(report),
    ].join("\n\n");
  }
  const { labels, matrix } = report.confusion;
  const [low, high] = report.accuracyInterval;
  return [
    `${head}; accuracy ${part(report.accuracy)} (95 %: ${part(low)} to ${part(high)}), loss ${part(report.loss)}, by recording ${part(report.recordings.accuracy)} (95 %: ${report.recordings.accuracyInterval.map(part).join(" to ")}).`,
    table([
      ["class", "precision", "recall", "95 %", "F1", "ROC AUC", "windows"],
      ...Object.entries(report.perClass).map(
        ([label, { precision, recall, recallInterval, f1, auc, support }]) => [
          label,
          part(precision),
          part(recall),
          recallInterval.map(part).join(" to "),
          part(f1),
          auc === null ? "-" : part(auc),
          support,
        ],
      ),
    ]),
    table([["was \\ called", ...labels], ...matrix.map((row, index) => [labels[index] ?? "", ...row])]),
    ...unknownText(report),
    ...(report.groups.length < 2
      ? []
      : [
          table([
            ["group", "windows", "accuracy"],
            ...report.groups.map(({ group, windows, accuracy }) => [group, windows, part(accuracy)]),
          ]),
        ]),
    ...(report.mistakes.length === 0
      ? ["No mistakes."]
      : [
          table([
            ["recording", "second", "was", "called", "score"],
            ...report.mistakes
              .slice(0, SHOWN_MISTAKES)
              .map(({ recordingName, startMs, label, predicted, score }) => [
                recordingName,
                (startMs / 1000).toFixed(2),
                label,
                predicted,
                part(score),
              ]),
          ]),
        ]),
    ...anomalyText(report.anomaly),
    ...boardText(report),
    ...report.warnings.map((warning) => `Note: ${warning}`),
  ].join("\n\n");
}

/** Whether the board computes what the device twin does. */
function boardText({ boardDifference: found }: EvaluationReport): string[] {
  if (found === undefined) return [];
  if (found === null) return ["The board's answers are the device twin's, bit for bit."];
  return [
    `The board's results differ from the device twin's, first in the ${found.stage} of the window at ${(found.startMs / 1000).toFixed(2)} s of ${found.recordingName} (window ${found.window}): value ${found.index} is ${found.board ?? "missing"} on the board and ${found.twin ?? "missing"} in the twin${found.repeated ? "" : "; it did not happen again"}. Write the firmware again (--firmware always), and convert the experiment again.`,
  ];
}

function unknownText({ unknown, windows }: EvaluationReport): string[] {
  if (unknown === undefined || unknown.windows === 0) return [];
  const answered =
    unknown.answeredAccuracy === null
      ? ""
      : `; of those that got an answer ${(100 * unknown.answeredAccuracy).toFixed(1)} % are right`;
  return [
    `The board calls ${unknown.windows} of ${counted(windows, "window")} unknown: ${unknown.wrong} that would have been wrong, ${unknown.right} that would have been right${answered}.`,
  ];
}

function anomalyText(anomaly: EvaluationReport["anomaly"]): string[] {
  if (anomaly === undefined) return [];
  const part = (value: number | null | undefined): string =>
    value === null || value === undefined ? "-" : value.toFixed(3);
  return [
    `Anomaly score, threshold ${part(anomaly.threshold)}: area under the ROC curve ${part(anomaly.auc)}, false alarms ${part(anomaly.falseAlarms)}, detected ${part(anomaly.detected)}.`,
    table([
      ["label", "normal", "windows", "above", "AUC"],
      ...anomaly.labels.map(({ label, normal, windows, above, auc }) => [
        label,
        normal ? "yes" : "no",
        windows,
        part(above),
        part(auc),
      ]),
    ]),
  ];
}
