/**
 * An experiment onto a board: check, firmware where it is needed, model, self-test, proof. Where a step fails the board keeps,
 * or gets back, the model that it had. Knows sessions, packages and the dataset; not how a package is made.
 */
import type { DeploymentReport, EventPayload } from "../../src-shared/contract/index.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { BoardSession } from "../boards/board-session.ts";
import type { SelfTest } from "../boards/link/responses.ts";
import type { FirmwareAccess } from "../boards/transports/transport.ts";
import type { Dataset } from "../dataset/types.ts";
import { describeBoard } from "../deployment/board-description.ts";
import { deploymentCosts } from "../deployment/deployment-costs.ts";
import { InstructionCount } from "../deployment/instruction-count.ts";
import { compareBack } from "../deployment/model-proof.ts";
import { type PackageSummary, summarisePackage } from "../deployment/package-summary.ts";
import { bootloaderAccess } from "./firmware-service.ts";

export type StageEvent = EventPayload<"deployment:stage">;
type Stage = StageEvent["stage"];

export type DeployOptions = WorkOptions & {
  readonly experiment: number;
  readonly firmware: "always" | "if-needed" | "never";
  readonly modelPackage: Uint8Array;
  readonly onStage?: ((event: StageEvent) => void) | undefined;
};

/** Where each stage begins and ends within the whole, for progress. */
const SHARES: Readonly<Record<Stage, readonly [number, number]>> = {
  check: [0, 0.05],
  firmware: [0.05, 0.4],
  model: [0.4, 0.75],
  "self-test": [0.75, 0.85],
  proof: [0.85, 1],
};

/** Times the stages and tells about them. */
class Stages {
  readonly times: { stage: Stage; seconds: number }[] = [];
  readonly #options: DeployOptions;

  constructor(options: DeployOptions) {
    this.#options = options;
  }

  async run<T>(
    stage: Stage,
    detail: string,
    work: (progress: (fraction: number) => void) => Promise<T>,
  ): Promise<T> {
    throwIfCancelled(this.#options.signal);
    const began = performance.now();
    this.tell(stage, "running", 0, detail);
    try {
      const result = await work((fraction) => this.tell(stage, "running", fraction, detail));
      this.times.push({ stage, seconds: (performance.now() - began) / 1000 });
      this.tell(stage, "done", 1, detail);
      return result;
    } catch (error) {
      this.tell(stage, "failed", 1, error instanceof LimpetError ? error.message : detail);
      throw error;
    }
  }

  tell(stage: Stage, state: StageEvent["state"], fraction: number, detail: string): void {
    const [from, to] = SHARES[stage];
    this.#options.onStage?.({ stage, state, fraction, detail });
    this.#options.onProgress?.(detail, from + (to - from) * fraction);
  }
}

/**
 * Deploys onto the board of `session`, which stays connected. Throws `board-refused` (with the reason and with the old model
 * in place), `board-unplugged`, `cancelled`, `setup-missing`.
 */
export async function deploy(
  dataset: Dataset,
  session: BoardSession,
  options: DeployOptions,
): Promise<DeploymentReport> {
  const began = performance.now();
  const stages = new Stages(options);
  const warnings: string[] = [];
  const summary = await stages.run("check", "checking board and model", async () =>
    summarisePackage(options.modelPackage),
  );
  const firmwareWritten = await bringFirmware(session, options.firmware, stages);
  checkFit(session, summary, warnings);
  const counting = InstructionCount.begin(session, options.modelPackage, summary, options.signal);
  const before = session.hello.model;
  const { accepted, test } = await stages.run("model", "writing the model", (progress) =>
    session.update(options.modelPackage, {
      onProgress: (_stage, fraction) => progress(fraction),
      signal: options.signal,
    }),
  );
  await stages.run("self-test", "the board tests itself", async () => requirePassed(session, accepted, test));
  const readBackBytes = await stages.run("proof", "reading the model back", (progress) =>
    prove(session, options.modelPackage, summary, before !== null, { progress, signal: options.signal }),
  );
  const seconds = (performance.now() - began) / 1000;
  const counts = await counting.of(test, warnings);
  const report: DeploymentReport = {
    board: session.hello.kind,
    firmwareWritten,
    modelBytes: options.modelPackage.length,
    seconds,
    goldenVectors: { run: test.run, identical: test.identical },
    readBackBytes,
    slot: test.slot,
    ram: test.poolBytes,
    flash: options.modelPackage.length,
    ...deploymentCosts(session.hello, summary, counts, dataset.goal(), warnings),
    modelHash: summary.modelHash,
    firmwareHash: session.hello.firmwareHash,
    datasetHash: summary.datasetHash,
    warnings,
    stages: stages.times,
  };
  dataset.addDeployment({ experimentId: options.experiment, board: session.hello.name, report });
  return report;
}

async function bringFirmware(
  session: BoardSession,
  wish: DeployOptions["firmware"],
  stages: Stages,
): Promise<boolean> {
  const access = session.transport.firmware ?? bootloaderAccess(session);
  if (access === null) {
    if (wish === "always") {
      throw new LimpetError(
        "usage",
        `The firmware of the board at ${session.port} cannot be written from here.`,
        {
          field: "firmware",
          hint: "Write it with the board's own bootloader (docs/boards.md), then deploy without --firmware always.",
        },
      );
    }
    stages.tell("firmware", "skipped", 1, "the firmware stays");
    return false;
  }
  if (wish === "never" || (wish === "if-needed" && (await isCurrent(access)))) {
    stages.tell("firmware", "skipped", 1, "the firmware is current");
    return false;
  }
  await stages.run("firmware", "writing the firmware", async (progress) => {
    await access.write((fraction) => progress(fraction * 0.9));
    await session.afterRestart();
  });
  return true;
}

async function isCurrent(access: FirmwareAccess): Promise<boolean> {
  return (await access.installedHash()) === (await access.builtHash());
}

/** Whether the board can run the package at all, before anything is written. */
function checkFit(session: BoardSession, summary: PackageSummary, warnings: string[]): void {
  const { hello } = session;
  const untried = describeBoard(hello.kind)?.untried;
  if (untried !== undefined) warnings.push(untried);
  const refuse = (why: string, hint: string): never => {
    throw new LimpetError("board-refused", `The model does not fit the board at ${session.port}: ${why}.`, {
      field: session.port,
      hint,
    });
  };
  if (summary.formatVersion !== hello.packageVersion || summary.frontendVersion !== hello.frontendVersion) {
    refuse(
      `its firmware ${hello.firmware} computes features of version ${hello.frontendVersion}, the model needs ${summary.frontendVersion}`,
      "Write the current firmware with --firmware always; if that is what it has, convert the experiment again.",
    );
  }
  if (summary.bytes > hello.slotBytes) {
    refuse(`it has ${summary.bytes} bytes, and a slot holds ${hello.slotBytes}`, "Choose a smaller network.");
  }
  for (const { sensor, rateHz } of summary.inputs) {
    const found = hello.sensors.find(({ id }) => id === sensor);
    if (found === undefined) {
      warnings.push(
        `The model needs the sensor ${sensor}, which the board does not have now: it classifies nothing until it has.`,
      );
    } else if (!found.rates.some((rate) => Math.abs(rate - rateHz) <= 1e-5 * rateHz)) {
      warnings.push(
        `The model needs ${sensor} at ${rateHz} Hz; the board's sensor gives ${found.rates.join(", ")} Hz now.`,
      );
    }
  }
}

function requirePassed(session: BoardSession, accepted: boolean, test: SelfTest): void {
  if (!accepted || test.identical !== test.run) {
    throw new LimpetError(
      "board-refused",
      `The board's self-test failed: ${test.identical} of ${test.run} golden vectors came out the same; first difference in the ${test.differed}. The old model runs on.`,
      {
        field: session.port,
        hint: "Write the firmware again with --firmware always, and convert the experiment again.",
      },
    );
  }
}

/**
 * The model must be on the board byte for byte; else the board goes back to the one before. The board itself has held all that lies in its
 * flash against the CRC-32 of what was sent; here it is read back and compared, on a slow line as much as a little time allows.
 * Resolves with how many bytes were compared.
 */
async function prove(
  session: BoardSession,
  modelPackage: Uint8Array,
  summary: PackageSummary,
  hadModel: boolean,
  options: { readonly progress: (fraction: number) => void; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const hello = await session.greet();
  const compared =
    hello.model?.hash === summary.modelHash ? await compareBack(session, modelPackage, options) : null;
  if (compared !== null) {
    return compared;
  }
  if (hadModel) {
    await session.rollBack();
    await session.greet();
  }
  throw new LimpetError("board-refused", "What is on the board is not the model that was sent.", {
    field: session.port,
    hint: `${hadModel ? "The model before it is in use again. " : ""}Try again; if it fails again, the board's flash is worn out.`,
  });
}
