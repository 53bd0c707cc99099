import { join } from "node:path";
import { expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { describeBoard } from "../../src-main/deployment/board-description.ts";
import { designBudgets, designLoad } from "../../src-main/services/design-power.ts";
import { describeDesign } from "../../src-main/services/training-service.ts";
import type { Design } from "../../src-shared/design.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { addTake, CLASSES } from "./learning-projects.ts";

function described(powerMilliwatts: number) {
  const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
  for (const [label, hz] of Object.entries(CLASSES)) {
    for (let take = 1; take <= 3; take++) addTake(project, { label, take, hz });
  }
  project.saveGoal({ ...project.goal(), powerMilliwatts });
  const report = describeDesign(project, { preset: "vibration" });
  project.close();
  return report;
}

it("a design says what it takes with sensors on the smallest board, and which period keeps to the goal", () => {
  const { powerBudget, findings, powerMilliwatts } = described(1);
  expect(powerBudget?.part).toContain("nRF52833");
  expect(powerBudget?.notes).toHaveLength(1);
  expect(powerBudget?.continuousMilliwatts).toBeGreaterThan(powerMilliwatts);
  expect(powerBudget?.reaches.map(({ goal }) => goal)).toEqual([
    "one-milliwatt",
    "year-on-cr2032",
    "year-on-two-aa",
  ]);
  expect(findings.filter(({ message }) => message.includes("mW"))).toEqual([]);
});

it("a goal that the processor alone misses comes with the period that reaches it", () => {
  const { powerBudget, findings } = described(0.04);
  const wanted = powerBudget?.reaches[0];
  expect(wanted?.goal).toBe("goal-power");
  expect(wanted?.milliwatts).toBeLessThanOrEqual(0.04);
  const messages = findings.map(({ message }) => message);
  expect(messages.some((message) => message.startsWith("The processor takes about"))).toBe(true);
  expect(
    messages.some((message) => message.includes(`a window every ${(wanted?.everyMs ?? 0) / 1000} s`)),
  ).toBe(true);
  // Below what the board takes asleep there is none, and none is promised.
  const hopeless = described(0.001);
  expect(hopeless.powerBudget?.reaches[0]?.everyMs).toBeNull();
  expect(hopeless.findings.filter(({ message }) => message.includes("sleeps between"))).toEqual([]);
});

it("sensors of files are taken for those of boards by their channels", () => {
  const design = (sensor: string, channels: string[]) =>
    ({
      window: { lengthMs: 1000, strideMs: 500 },
      inputs: [{ sensor, channels, rateHz: 400 }],
    }) as unknown as Design;
  const board = describeBoard("microbit-v2");
  if (board === null) throw new Error("the micro:bit is described");
  const sensorOf = (sensor: string, channels: string[]) =>
    designLoad(board, design(sensor, channels), 1000).sensors[0]?.sensor;
  expect(sensorOf("vibration", ["accX", "accY", "accZ"])).toBe("accelerometer");
  expect(sensorOf("wav", ["audio"])).toBe("microphone");
  expect(sensorOf("watch", ["heartRate"])).toBe("watch");
  const [budget] = designBudgets(
    design("watch", ["heartRate"]),
    1000,
    0,
    { powerMilliwatts: 1 },
    "microbit-v2",
  );
  expect(budget?.powerBudget.notes[0]).toContain("watch");
  expect(designBudgets(design("watch", ["heartRate"]), 1000, 0, { powerMilliwatts: 1 }, "toaster")).toEqual(
    [],
  );
});
