/** What a deployed model costs on its board: latency, power budget, battery. Knows counts and figures; asks no board. */
import type { DeploymentReport, Goal } from "../../src-shared/contract/index.ts";
import type { Hello } from "../boards/link/hello.ts";
import { describeBoard } from "./board-description.ts";
import type { Counts } from "./instruction-count.ts";
import type { PackageSummary } from "./package-summary.ts";
import { batteryDays, latencyMs, type WindowLoad } from "./power.ts";
import { powerBudget } from "./power-budget.ts";

type Costs = Pick<
  DeploymentReport,
  "instructions" | "latencyMs" | "powerMilliwatts" | "batteryDays" | "powerBudget"
>;

/** Latency, power and battery of a deployed model, as far as its board has figures; what should be known about them goes to `warnings`. */
export function deploymentCosts(
  { kind, clockHz }: Pick<Hello, "kind" | "clockHz">,
  summary: PackageSummary,
  counts: Counts | null,
  goal: Pick<Goal, "battery" | "powerMilliwatts">,
  warnings: string[],
): Costs {
  const nothing: Costs = {
    instructions: null,
    latencyMs: null,
    powerMilliwatts: null,
    batteryDays: null,
    powerBudget: null,
  };
  if (counts === null) {
    return nothing;
  }
  const description = describeBoard(kind);
  const counted: Costs = { ...nothing, instructions: counts.count };
  if (description === null) {
    return counted;
  }
  const cyclesPerInstruction = description.cyclesPerInstruction.value;
  const latency = latencyMs({ ...counts, cyclesPerInstruction, clockHz });
  const load = loadOf(summary, latency, { clockHz, cyclesPerInstruction });
  if (latency > load.strideMs && summary.alonePeriodMs === 0) {
    warnings.push(
      `The board needs ${latency.toFixed(0)} ms for a window, but one is due every ${load.strideMs.toFixed(0)} ms: it will miss some.`,
    );
  }
  const costs: Costs = { ...counted, latencyMs: latency };
  if (description.power === null) {
    return costs;
  }
  const budget = powerBudget(description.power, load, summary.alonePeriodMs, goal);
  return {
    ...costs,
    powerMilliwatts: budget.milliwatts,
    batteryDays: batteryDays(goal.battery, budget.milliwatts),
    powerBudget: budget,
  };
}

function loadOf(
  { inputs, strideSamples }: PackageSummary,
  latency: number,
  processor: Pick<WindowLoad, "clockHz" | "cyclesPerInstruction">,
): WindowLoad {
  const first = inputs[0];
  const milliseconds = (samples: number, rateHz: number): number => (samples / rateHz) * 1000;
  // Inputs of one sensor are measured once.
  const sensors = inputs.filter(
    ({ sensor }, index) => inputs.findIndex((one) => one.sensor === sensor) === index,
  );
  return {
    ...processor,
    windowMs: Math.max(0, ...inputs.map(({ windowSamples, rateHz }) => milliseconds(windowSamples, rateHz))),
    strideMs: first === undefined ? 1000 : milliseconds(strideSamples, first.rateHz),
    latencyMs: latency,
    sensors: sensors.map(({ sensor, rateHz }) => ({ sensor, rateHz })),
  };
}
