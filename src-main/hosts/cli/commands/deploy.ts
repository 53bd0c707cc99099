/** `limpet deploy`: an experiment onto a board, verified there. */
import type { Command } from "commander";
import type { DeploymentReport } from "../../../../src-shared/contract/index.ts";
import { openBoard } from "../../../boards/open-board.ts";
import { type AloneWishes, forAlone, MAX_CONFIRM } from "../../../deployment/alone.ts";
import { deploy } from "../../../services/deployment-service.ts";
import { openWithFirmware } from "../../../services/firmware-service.ts";
import { openProject, readSignalFile } from "../../../services/project-service.ts";
import type { CliContext } from "../context.ts";
import { budgetRows } from "../power-text.ts";
import { choiceOption, numberOption, table } from "../values.ts";

type Options = {
  experiment: string;
  board: string;
  firmware: string;
  flash?: string;
  every?: string;
  light?: string[];
  confirm?: string;
};

export function register(program: Command, cli: CliContext): void {
  program
    .command("deploy")
    .description("Puts an experiment on a board: firmware if needed, then the model; verified on the board.")
    .argument("<project>", "the project (.limpet)")
    .requiredOption("--experiment <id>", "the experiment")
    .requiredOption("--board <board>", "serial path, tcp://host:port, virtual or simulated")
    .option("--firmware <when>", "always, if-needed or never", "if-needed")
    .option(
      "--every <seconds>",
      "when running by itself: one window every so many seconds, and rest in between (default: one after the other)",
    )
    .option(
      "--light <label...>",
      "classes that the board's light shows when running by itself (default: unknown)",
    )
    .option("--confirm <windows>", "windows in a row that must agree before an event is logged (default: 1)")
    .option("--flash <file>", "file that holds the virtual board's flash")
    .action(
      cli.run(async (path: string, options: Options) => {
        const experiment = numberOption("experiment", options.experiment, { min: 1, whole: true }) ?? 0;
        const firmware = choiceOption("firmware", options.firmware, ["always", "if-needed", "never"]);
        const alone: AloneWishes = {
          everyMs: 1000 * (numberOption("every", options.every, { min: 0 }) ?? 0),
          light: options.light,
          confirm: numberOption("confirm", options.confirm, { min: 1, max: MAX_CONFIRM, whole: true }),
        };
        // Loaded only when it is wanted: it brings the converter and the device twin.
        const { packageExperiment } = await import("../../../services/conversion-service.ts");
        const work = cli.work("Deploying");
        const project = openProject(path);
        try {
          const modelPackage = forAlone(await packageExperiment(project, experiment, work), alone);
          const { session, written } = await openWithFirmware(
            options.board,
            firmware,
            (port) => openBoard(port, { flashPath: options.flash }, readSignalFile),
            work,
          );
          try {
            const made = await deploy(project, session, {
              ...work,
              experiment,
              // What has just been written need not be written again.
              firmware: written ? "if-needed" : firmware,
              modelPackage,
            });
            const report = { ...made, firmwareWritten: made.firmwareWritten || written };
            cli.out(report, () => reportText(report));
          } finally {
            await session.close();
          }
        } finally {
          project.close();
        }
      }),
    );
}

function hashesText({ modelHash, firmwareHash, datasetHash }: DeploymentReport): string {
  return Object.entries({ model: modelHash, firmware: firmwareHash, dataset: datasetHash })
    .map(([name, hash]) => `${name} ${hash?.slice(0, 12) ?? "not known"}`)
    .join(", ");
}

function reportText(report: DeploymentReport): string {
  const { goldenVectors, instructions, latencyMs, powerBudget } = report;
  return [
    table([
      ["board", report.board],
      ["firmware", report.firmwareWritten ? "written" : "was current"],
      ["model", `${report.modelBytes} bytes in slot ${report.slot}`],
      ["self-test", `${goldenVectors.identical} of ${goldenVectors.run} golden vectors identical`],
      ["read back", readBackText(report)],
      ["memory", `${report.ram} bytes RAM, ${report.flash} bytes flash`],
      ["one window", instructions === null ? "not counted" : `${instructions} instructions`],
      ["latency", latencyMs === null ? "not known" : `${latencyMs.toFixed(1)} ms`],
      ...(powerBudget === null ? [["power", "not known"]] : budgetRows(powerBudget)),
      ["hashes", hashesText(report)],
      ["time", `${report.seconds.toFixed(1)} s`],
    ]),
    ...[...report.warnings, ...(powerBudget?.notes ?? [])].map((note) => `Note: ${note}`),
  ].join("\n");
}

function readBackText({ readBackBytes, modelBytes }: DeploymentReport): string {
  return readBackBytes === null || readBackBytes === modelBytes
    ? "byte for byte the same"
    : `${readBackBytes} bytes, all the same; the board checked the CRC-32 of the whole`;
}
