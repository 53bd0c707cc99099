/** `limpet thresholds`: false alarms and misses over each label's threshold; keeps thresholds with the experiment. */
import type { Command } from "commander";
import type { LabelThresholds, ThresholdsReport } from "../../../../src-shared/contract/index.ts";
import { LimpetError } from "../../../../src-shared/errors.ts";
import { openProject } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { choiceOption, numberOption, table } from "../values.ts";

const SPLITS = ["validation", "test", "train"] as const;

type Options = { experiment: string; split: string; falseAlarms?: string; set?: string[]; clear?: boolean };

export function register(program: Command, cli: CliContext): void {
  program
    .command("thresholds")
    .description(
      "Shows what thresholds give on recordings that were not trained on, and keeps them: below the threshold of a label the board answers `unknown`.",
    )
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment")
    .option("--split <side>", `recordings to measure on: ${SPLITS.join(", ")}`, "validation")
    .option("--false-alarms <rate>", "choose and keep thresholds for at most so many false alarms an hour")
    .option("--set <label=score...>", "keep this threshold, 0 to 1; labels that are not named keep theirs")
    .option("--clear", "remove all thresholds first")
    .action(
      cli.run(async (path: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const split = choiceOption("split", options.split, SPLITS);
        const wanted = numberOption("false-alarms", options.falseAlarms, { min: 0 });
        const named = namedThresholds(options.set ?? []);
        const { measureThresholds, setThresholds } = await import("../../../services/thresholds-service.ts");
        const project = openProject(path);
        try {
          const request = {
            experiment,
            split,
            ...(wanted === undefined ? {} : { falseAlarmsPerHour: wanted }),
          };
          let report = await measureThresholds(project, request, cli.work("Measuring"));
          const changes = wanted !== undefined || options.set !== undefined || options.clear === true;
          if (changes) {
            const base = options.clear === true ? {} : (report.proposed ?? report.thresholds);
            setThresholds(project, experiment, { ...base, ...named });
            report = await measureThresholds(project, request, cli.work("Measuring"));
          }
          cli.out(report, () => reportText(report, changes));
        } finally {
          project.close();
        }
      }),
    );
}

function namedThresholds(words: readonly string[]): LabelThresholds {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.lastIndexOf("=");
      if (at < 1) {
        throw new LimpetError("usage", `--set ${word}: this is not a label with a score.`, {
          field: "set",
          hint: "For example --set worn=0.8.",
        });
      }
      const value = numberOption("set", word.slice(at + 1), { min: 0, max: 1 }) ?? 0;
      return [word.slice(0, at), value];
    }),
  );
}

function reportText(report: ThresholdsReport, changed: boolean): string {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return [
    table([
      ["label", "threshold", "false alarms/h", "missed", "windows", "hours of others"],
      ...report.labels.map(({ label, current, windows, otherHours }) => [
        label,
        current.threshold.toFixed(3),
        current.falseAlarmsPerHour.toFixed(1),
        percent(current.misses),
        windows,
        otherHours.toFixed(3),
      ]),
    ]),
    `Measured on the ${report.split} recordings by the int8 model; a window stands for ${report.strideMs} ms.`,
    ...(changed ? ["Kept with the experiment. A board gets them with the next `limpet deploy`."] : []),
    ...report.warnings.map((warning) => `Note: ${warning}`),
  ].join("\n\n");
}
