/** What a design means before anything is trained: tensor shapes from the window to the scores, costs, and what to know about it. */
import type { DesignReport, TrainingRequest } from "../../src-shared/contract/index.ts";
import type { Design } from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { type Finding, windowsOn } from "../features/check-design.ts";
import { featureShape, inputFeatureShape, inputSamples, product } from "../features/feature-shape.ts";
import { encodeFrontend } from "../features/frontend-config.ts";
import { describeNetwork, type NetworkDescription } from "../training/describe-network.ts";
import { costOf } from "./design-cost.ts";
import type { LearningPlan } from "./learning-data.ts";

/** RAM of the virtual board's pool: no supported board has more. */
const MOST_RAM = 512 * 1024;
/** RAM and flash that the smallest supported board leaves for a model (nRF52833: 128 KB and 512 KB in all). */
const SMALL_RAM = 96 * 1024;
const SMALL_FLASH = 160 * 1024;

export type Description = { readonly report: DesignReport; readonly network: NetworkDescription | null };

/** Describes a plan; what is impossible is a finding, not an error. */
export function describePlan(project: ProjectFile, learning: LearningPlan): Description {
  const { design, plan, labels } = learning;
  const findings: Finding[] = [...learning.findings];
  const attempt = <T>(work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof LimpetError) || error.code === "internal") throw error;
      findings.push({ level: "error", field: error.field ?? "", message: error.message });
      return null;
    }
  };
  attempt(() => encodeFrontend(design));
  const shape = featureShape(design);
  const outputs = design.task === "regression" ? 1 : labels.length === 1 ? 1 : Math.max(2, labels.length);
  const network =
    product(shape) === 0 ? null : attempt(() => describeNetwork(design.network, shape, outputs, design.task));
  const cost =
    network === null || findings.some(({ level, field }) => level === "error" && isAboutFeatures(field))
      ? null
      : costOf(design, network, project.goal());
  if (cost !== null) findings.push(...costFindings(design, cost, project.goal().powerMilliwatts));
  const count = (side: "train" | "validation" | "test"): number => windowsOn(plan, side).length;
  return {
    network,
    report: {
      design,
      shapes: shapesOf(design, shape, network, labels),
      features: product(shape),
      parameters: network?.parameters ?? 0,
      windows: { train: count("train"), validation: count("validation"), test: count("test") },
      flashBytes: cost?.flashBytes ?? 0,
      ramBytes: cost?.ramBytes ?? 0,
      latencyMs: cost?.latencyMs ?? 0,
      powerMilliwatts: cost?.powerMilliwatts ?? 0,
      powerBudget: cost?.powerBudget ?? null,
      findings,
    },
  };
}

const isAboutFeatures = (field: string): boolean => field.includes("features") || field.startsWith("inputs");

function shapesOf(
  design: Design,
  shape: readonly number[],
  network: NetworkDescription | null,
  labels: readonly string[],
): DesignReport["shapes"] {
  const several = design.inputs.length > 1;
  const inputs = design.inputs.flatMap((input) => [
    {
      stage: several ? `Window of ${input.sensor}` : "Window",
      shape: [inputSamples(design, input), input.channels.length],
      note: `${input.channels.join(", ")} at ${input.rateHz} Hz`,
    },
    {
      stage: several ? `Features of ${input.sensor}` : "Features",
      shape: inputFeatureShape(design, input),
      note: input.features.block,
    },
  ]);
  return [
    ...inputs,
    ...(several ? [{ stage: "Features joined", shape: [...shape] }] : []),
    ...(design.normalisation === "none"
      ? []
      : [{ stage: "Normalised", shape: [...shape], note: design.normalisation }]),
    ...(network?.layers.map(({ name, shape: after, parameters }, index) => ({
      stage: `${index + 1}. ${name}`,
      shape: after,
      ...(parameters > 0 ? { note: `${parameters} parameters` } : {}),
    })) ?? []),
    ...(labels.length === 0 ? [] : [{ stage: "Scores", shape: [labels.length], note: labels.join(", ") }]),
  ];
}

function costFindings(
  { window }: Design,
  { ramBytes, flashBytes, latencyMs, powerMilliwatts, powerBudget }: ReturnType<typeof costOf>,
  wantedMilliwatts: number,
): Finding[] {
  const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;
  const findings: Finding[] = [];
  if (ramBytes > MOST_RAM) {
    findings.push({
      level: "error",
      field: "window.lengthMs",
      message: `The model needs about ${kilobytes(ramBytes)} of RAM, and no board has more than ${kilobytes(MOST_RAM)}: choose a shorter window, decimation, or a smaller network.`,
    });
  } else if (ramBytes > SMALL_RAM) {
    findings.push({
      level: "warning",
      field: "window.lengthMs",
      message: `The model needs about ${kilobytes(ramBytes)} of RAM: more than the smallest boards have left.`,
    });
  }
  if (flashBytes > SMALL_FLASH) {
    findings.push({
      level: "warning",
      field: "network",
      message: `The model needs about ${kilobytes(flashBytes)} of flash: more than the smallest boards have for it.`,
    });
  }
  if (latencyMs > window.strideMs) {
    findings.push({
      level: "warning",
      field: "window.strideMs",
      message: `A window takes about ${latencyMs.toFixed(0)} ms on a processor at 25 MHz and one is due every ${window.strideMs} ms: a slow board will miss some.`,
    });
  }
  if (powerMilliwatts > wantedMilliwatts) {
    findings.push({
      level: "warning",
      field: "window.strideMs",
      message: `The processor takes about ${powerMilliwatts.toFixed(2)} mW, and the goal is ${wantedMilliwatts} mW: choose a longer stride or a smaller network.`,
    });
    const everyMs = powerBudget?.reaches[0]?.everyMs ?? 0;
    if (everyMs > 0) {
      findings.push({
        level: "warning",
        field: "window.strideMs",
        message: `A board that takes a window every ${everyMs / 1000} s and sleeps between keeps to ${wantedMilliwatts} mW, calculated for the micro:bit v2 with its sensors. The period is chosen when the model is deployed.`,
      });
    }
  }
  return findings;
}

/** The design file with the request's number of epochs and seed. */
export const withOverrides = <T extends { training: Design["training"] }>(
  file: T,
  { epochs, seed }: Pick<TrainingRequest, "epochs" | "seed">,
): T => ({
  ...file,
  training: {
    ...file.training,
    ...(epochs === undefined ? {} : { epochs }),
    ...(seed === undefined ? {} : { seed }),
  },
});
