/** `limpet power` on a trained experiment: figures of each board, with reckoned instructions and with counted ones. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { register } from "../../src-main/hosts/cli/commands/power.ts";
import { Cli } from "../../src-main/hosts/cli/context.ts";
import { train } from "../../src-main/services/training-service.ts";
import { deploymentReport, type PowerOnBoards } from "../../src-shared/contract/index.ts";
import { addTake, CLASSES } from "../services/learning-projects.ts";

const folder = mkdtempSync(join(tmpdir(), "limpet-power-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "power.limpet");
let experiment = 0;

async function limpet(
  json: boolean,
  ...line: string[]
): Promise<{ out: string; error: string; code: number }> {
  const out: string[] = [];
  const error: string[] = [];
  const cli = new Cli(
    { json, debug: false },
    {
      stdout: { write: (text: string) => out.push(text) },
      stderr: { write: (text: string) => error.push(text) },
    },
  );
  const program = new Command();
  program.exitOverride();
  register(program, cli);
  await program.parseAsync(["power", ...line], { from: "user" });
  return { out: out.join(""), error: error.join(""), code: cli.exitCode };
}

const powerOf = async (...line: string[]): Promise<PowerOnBoards> =>
  JSON.parse((await limpet(true, path, "--experiment", String(experiment), ...line)).out) as PowerOnBoards;

beforeAll(async () => {
  const project = ProjectFile.create(path);
  for (const [label, hz] of Object.entries(CLASSES)) {
    for (let take = 1; take <= 4; take++) addTake(project, { label, take, hz, seconds: 6 });
  }
  ({ experiment } = await train(project, { preset: "vibration", backend: "auto", epochs: 2 }));
  project.close();
});

// In turn: the last one leaves a deployment behind.
describe("limpet power", { shuffle: false }, () => {
  it("tells for every kind of board with figures what it takes and which period reaches which goal", async () => {
    const { boards, counted, instructions } = await powerOf();
    expect(counted).toBe(false);
    expect(instructions).toBeGreaterThan(50_000);
    expect(boards.map(({ board }) => board)).toEqual([
      "microbit-v2",
      "nano-33-ble",
      "virtual",
      "xiao-nrf52840-sense",
    ]);
    for (const { board, powerBudget } of boards) {
      expect(powerBudget.continuousMilliwatts, board).toBeGreaterThan(powerBudget.sleepMicrowatts / 1000);
      const year = powerBudget.reaches.find(({ goal }) => goal === "year-on-cr2032");
      expect(year?.everyMs, board).toBeGreaterThan(0);
      expect(year?.days, board).toBeGreaterThanOrEqual(365);
      expect(1000 * (year?.milliwatts ?? 1), board).toBeLessThanOrEqual(77.06);
    }
    // With sensors on all the time no board with an nRF52 keeps to 1 mW: its timers alone take 1.9.
    const microbit = boards[0]?.powerBudget;
    expect(microbit?.continuousMilliwatts).toBeGreaterThan(1.9);
    expect(microbit?.reaches.find(({ goal }) => goal === "one-milliwatt")?.everyMs).toBeGreaterThan(2000);
  });

  it("takes the period and the board that are asked for", async () => {
    const { boards } = await powerOf("--every", "60", "--board", "microbit-v2");
    expect(boards).toHaveLength(1);
    const budget = boards[0]?.powerBudget;
    expect(budget?.everyMs).toBe(60_000);
    expect(budget?.milliwatts).toBeLessThan(0.2);
    const { out } = await limpet(false, path, "--experiment", String(experiment), "--every", "60");
    expect(out).toContain("estimated from the design");
    expect(out).toContain("a year on a CR2032");
    expect(out).toContain("with a window every 60 s");
  });

  it("takes what a deployment has counted in place of what is reckoned", async () => {
    const before = await powerOf("--board", "virtual");
    const project = ProjectFile.open(path);
    const report = deploymentReport.parse({
      board: "virtual",
      firmwareWritten: false,
      modelBytes: 1,
      seconds: 1,
      goldenVectors: { run: 1, identical: 1 },
      slot: "A",
      ram: 1,
      flash: 1,
      instructions: 2 * before.instructions,
      latencyMs: null,
      powerMilliwatts: null,
      batteryDays: null,
      modelHash: "",
      warnings: [],
      stages: [],
    });
    project.addDeployment({ experimentId: experiment, board: "Virtual board", report });
    project.close();
    const after = await powerOf("--board", "virtual");
    expect(after).toMatchObject({ counted: true, instructions: 2 * before.instructions });
    expect(after.boards[0]?.latencyMs).toBeCloseTo(2 * (before.boards[0]?.latencyMs ?? 0), 9);
  });

  it("refuses boards that are not known, and experiments that are not there", async () => {
    const line = [path, "--experiment", String(experiment), "--board", "toaster"];
    const unknown = await limpet(true, ...line);
    expect(unknown.code).toBe(2);
    expect(unknown.out).toContain("toaster");
    expect((await limpet(true, path, "--experiment", "99")).code).toBe(2);
    expect((await limpet(true, path, "--experiment", String(experiment), "--every", "0")).code).toBe(2);
  });
});
