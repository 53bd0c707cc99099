/** The commands of learning from start to end, in this process, on a small project: fields and exit codes of the contract. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { readDesign } from "../../src-main/hosts/cli/commands/train.ts";
import { exportRecordings } from "../../src-main/services/project-service.ts";
import { realData, temporaryFolder } from "../dataset/helpers.ts";
import { machineProject } from "../services/learning-projects.ts";
import { commandRunner, type Outcome } from "./run-command.ts";

const NAMES = [
  "new",
  "import",
  "split",
  "train",
  "evaluate",
  "thresholds",
  "curve",
  "diagnose",
  "predict",
  "features",
  "compare",
  "export",
  "deploy",
  "monitor",
  "info",
] as const;

const limpet = commandRunner<never>(NAMES);

const DESIGN = {
  window: { lengthMs: 640, strideMs: 320 },
  channels: ["accX", "accY", "accZ"],
  features: { block: "spectral", fftLength: 64, bands: 16 },
  network: { kind: "dense", units: [12] },
  training: { epochs: 30, learningRate: 0.01 },
};

// In turn: each goes on with what those before it have made.
describe("the commands of learning", { shuffle: false }, () => {
  const folder = mkdtempSync(join(tmpdir(), "limpet-test-"));
  let path = "";
  const design = join(folder, "design.json");

  beforeAll(async () => {
    const project = machineProject();
    path = join(folder, "p.limpet");
    await exportRecordings(project, "csv", join(folder, "csv"));
    project.close();
    writeFileSync(design, JSON.stringify(DESIGN));
    await limpet("new", path);
    await limpet("import", path, join(folder, "csv"));
    await limpet("split", path, "--holdout", "\\.5$");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("read a design file with a byte order mark, as editors of Windows write it", async () => {
    const marked = join(folder, "marked.json");
    writeFileSync(marked, `\ufeff${readFileSync(design, "utf8")}`);
    expect(await readDesign(marked)).toEqual(await readDesign(design));
  });

  it("train, by a design file, with the fields of the contract; info then lists the experiment", async () => {
    const { json, text } = await limpet("train", path, "--design", design, "--name", "first", "--seed", "2");
    expect(json).toMatchObject({
      experiment: 1,
      name: "first",
      backend: expect.stringMatching(/^(wasm|tfjs-node)$/),
      epochs: expect.any(Number),
      stoppedEarly: expect.any(Boolean),
      trainSeconds: expect.any(Number),
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      validationLoss: expect.any(Number),
      validationAccuracy: expect.any(Number),
      fit: expect.stringMatching(/^(good|underfit|overfit)$/),
    });
    const { history, epochs } = json as { history: Record<string, number>[]; epochs: number };
    expect(history).toHaveLength(epochs);
    expect(Object.keys(history[0] ?? {}).sort()).toEqual(
      ["accuracy", "epoch", "loss", "validationAccuracy", "validationLoss"].sort(),
    );
    expect(text).toContain("Experiment 1");
    expect((await limpet("info", path)).json).toMatchObject({
      experiments: [{ id: 1, name: "first", kind: "dense", validationAccuracy: expect.any(Number) }],
    });
  });

  it("evaluate, predict and features answer as the contract says", async () => {
    const { json, text } = await limpet("evaluate", path, "--experiment", "1", "--engine", "float");
    expect(json).toMatchObject({
      engine: "float",
      windows: 72,
      accuracy: expect.any(Number),
      loss: expect.any(Number),
      perClass: { fast: { precision: 1, recall: 1, f1: 1, support: 24 } },
      confusion: { labels: ["fast", "rough", "slow"] },
      recordings: { count: 3, accuracy: 1 },
      mistakes: [],
    });
    expect(text).toContain("accuracy 1.000");
    const file = join(folder, "csv", "slow.5.csv");
    const predictions = (await limpet("predict", path, file, "--experiment", "1")).json as {
      file: string;
      label: string;
      windows: { startMs: number; scores: Record<string, number> }[];
    }[];
    expect(predictions).toHaveLength(1);
    expect(predictions[0]).toMatchObject({ file, label: "slow" });
    expect(predictions[0]?.windows).toHaveLength(24);
    expect(Object.keys(predictions[0]?.windows[0]?.scores ?? {})).toEqual(["fast", "rough", "slow"]);
    const features = (await limpet("features", path, file, "--experiment", "1")).json as {
      shape: number[];
      windows: number[][];
    };
    expect(features.shape).toEqual([63]);
    expect(features.windows).toHaveLength(24);
    expect(
      (await limpet("features", path, file, "--experiment", "1", "--engine", "board", "--board", "simulated"))
        .json,
    ).toEqual(features);
  });

  it("export converts first where it must, and deploy and monitor work on the simulated board", async () => {
    const out = join(folder, "model.tflite");
    expect(
      (await limpet("export", path, "--experiment", "1", "--format", "tflite", "--out", out)).json,
    ).toEqual({
      path: out,
      bytes: readFileSync(out).length,
    });
    const onto = ["export", path, "--experiment", "1", "--format", "tflite", "--out"];
    expect(await limpet(...onto, folder)).toMatchObject({ code: 2, field: "out" });
    expect(await limpet(...onto, "")).toMatchObject({ code: 2, field: "out" });
    const flash = join(folder, "flash");
    const { json } = await limpet(
      "deploy",
      path,
      "--experiment",
      "1",
      "--board",
      "simulated",
      "--flash",
      flash,
    );
    expect(json).toMatchObject({ board: "simulated", goldenVectors: { run: 6, identical: 6 }, slot: "A" });
    const monitored = (
      await limpet(
        ...["monitor", "--board", "simulated", "--flash", flash],
        ...["--signal", join(folder, "csv", "rough.5.csv"), "--seconds", "3"],
      )
    ).json as { predictions: { label: string }[] };
    expect(monitored.predictions.filter(({ label }) => label === "rough").length).toBeGreaterThanOrEqual(
      0.8 * monitored.predictions.length,
    );
  });

  it("thresholds are measured, chosen for a rate of false alarms, set by hand and cleared; evaluate then counts unknown windows", async () => {
    const measured = await limpet("thresholds", path, "--experiment", "1");
    expect(measured.json).toMatchObject({ experiment: 1, split: "validation", thresholds: {} });
    expect(measured.text).toContain("false alarms/h");
    const chosen = await limpet("thresholds", path, "--experiment", "1", "--false-alarms", "0");
    const { labels, thresholds } = chosen.json as {
      labels: { label: string; current: { falseAlarmsPerHour: number; threshold: number } }[];
      thresholds: Record<string, number>;
    };
    for (const { label, current } of labels) {
      expect(current.falseAlarmsPerHour).toBe(0);
      expect(current.threshold).toBeCloseTo(thresholds[label] ?? 0, 6);
    }
    expect(chosen.text).toContain("limpet deploy");
    const set = ["--set", "slow=1", "--set", "rough=0.25"];
    const { json } = await limpet("thresholds", path, "--experiment", "1", "--clear", ...set);
    expect(json).toMatchObject({ thresholds: { slow: 1, rough: 0.25 } });
    const evaluated = await limpet("evaluate", path, "--experiment", "1");
    expect(evaluated.json).toMatchObject({ thresholds: { slow: 1, rough: 0.25 } });
    const { unknown } = evaluated.json as { unknown: { windows: number } };
    expect(unknown.windows).toBeGreaterThan(0);
    expect(evaluated.text).toContain(`The board calls ${unknown.windows} of`);
    expect((await limpet("thresholds", path, "--experiment", "1", "--clear")).json).toMatchObject({
      thresholds: {},
    });
    for (const wrong of ["slow", "slow=2", "slow=x", "loud=0.5"]) {
      expect([wrong, (await limpet("thresholds", path, "--experiment", "1", "--set", wrong)).code]).toEqual([
        wrong,
        2,
      ]);
    }
  });

  it("curve tells whether more data would help, and diagnose what is wrong, each with a next step", async () => {
    const { json: curve, text } = await limpet("curve", path, "--experiment", "1");
    const { points, verdict } = curve as { points: unknown[]; verdict: string };
    expect(points).toHaveLength(4);
    expect(["more", "enough", "unclear"]).toContain(verdict);
    expect(text).toContain("Next:");
    for (const line of [
      ["diagnose", path],
      ["diagnose", path, "--experiment", "1"],
    ]) {
      const { json, code } = await limpet(...line);
      expect(code).toBe(0);
      for (const finding of json as object[]) {
        expect(Object.keys(finding)).toEqual(
          expect.arrayContaining(["kind", "severity", "message", "hint", "place"]),
        );
      }
    }
    expect((await limpet("diagnose", path, "--experiment", "99")).code).toBe(2);
    expect((await limpet("curve", path, "--experiment", "99")).code).toBe(2);
  });

  it("compare two experiments on the same windows", async () => {
    await limpet("train", path, "--design", design, "--epochs", "1");
    const { json } = await limpet("compare", path, "1", "2");
    expect(Object.keys(json)).toEqual(
      expect.arrayContaining([
        "a",
        "b",
        "accuracyA",
        "accuracyB",
        "bothRight",
        "onlyA",
        "onlyB",
        "bothWrong",
        "pValue",
      ]),
    );
  });

  it("end with 2 and the field's path for a design that is impossible, and with 2 for what is not there", async () => {
    const bad = async (value: unknown): Promise<Outcome> => {
      const file = join(folder, "bad.json");
      writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
      return limpet("train", path, "--design", file);
    };
    for (const [value, field] of [
      [{ ...DESIGN, features: { block: "spectral", fftLength: 100 } }, "features.fftLength"],
      [{ ...DESIGN, features: { block: "spectral", fftLength: 512 } }, "features.fftLength"],
      [{ ...DESIGN, network: { kind: "dense", units: [0] } }, "network.units.0"],
      [{ ...DESIGN, network: { kind: "transformer" } }, "network.kind"],
      [{ ...DESIGN, training: { epochs: -1 } }, "training.epochs"],
      [{ ...DESIGN, colour: "red" }, "colour"],
      [{ ...DESIGN, window: { lengthMs: 50_000 } }, "window.lengthMs"],
      [{ ...DESIGN, channels: ["accX", "left"] }, "channels"],
      ["{ not json", "bad.json"],
    ] as const) {
      const { code, message, field: blamed } = await bad(value);
      expect([field, code]).toEqual([field, 2]);
      expect(`${blamed} ${message}`).toContain(field);
    }
    for (const line of [
      ["train", path, "--preset", "none"],
      ["train", path, "--design", design, "--preset", "vibration"],
      ["train", path, "--design", join(folder, "missing.json")],
      ["train", path, "--epochs", "0"],
      ["evaluate", path, "--experiment", "99"],
      ["evaluate", path, "--experiment", "1", "--engine", "board"],
      ["evaluate", path, "--experiment", "1", "--engine", "magic"],
      ["thresholds", path, "--experiment", "99"],
      ["thresholds", path, "--experiment", "1", "--false-alarms", "few"],
      ["predict", path, join(folder, "missing.csv"), "--experiment", "1"],
      ["predict", path, design, "--experiment", "1"],
      ["export", path, "--experiment", "99", "--format", "tflite", "--out", join(folder, "x")],
      ["deploy", path, "--experiment", "99", "--board", "simulated"],
    ]) {
      expect([line.join(" "), (await limpet(...line)).code]).toEqual([line.join(" "), 2]);
    }
    expect(existsSync(join(folder, "x"))).toBe(false);
    await limpet("split", path, "--holdout", ".");
    const untrained = await limpet("train", path, "--design", design);
    expect(untrained).toMatchObject({ code: 2, field: "split" });
    expect(untrained.message).toContain("No class has windows for training");
  });
});

describe("a training that is interrupted", () => {
  it("ends with 130 and keeps what it has learnt", async () => {
    const folder = temporaryFolder();
    const project = machineProject();
    const { path } = project;
    project.close();
    const design = join(folder, "long.json");
    const long = {
      window: { lengthMs: 1000, strideMs: 100 },
      features: { block: "raw" },
      network: { kind: "conv1d" },
      training: { epochs: 10_000, patience: 10_000 },
    };
    writeFileSync(design, JSON.stringify(long));
    const main = join(import.meta.dirname, "../../src-main/hosts/cli/main.ts");
    const child = spawn(process.execPath, [main, "train", path, "--design", design, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    // Its progress says when there is something to keep.
    child.stderr.on("data", (chunk) => {
      const before = /epoch \d/.test(stderr);
      stderr += String(chunk);
      if (!before && /epoch \d/.test(stderr)) child.kill("SIGINT");
    });
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect([code, stdout.trim().split("\n").length], stderr).toEqual([130, 1]);
    const answer = JSON.parse(stdout) as { experiment: number; epochs: number };
    expect(answer.epochs).toBeGreaterThan(0);
    expect(answer.epochs).toBeLessThan(10_000);
    const { json } = await limpet(
      ...["evaluate", path, "--experiment", String(answer.experiment), "--engine", "float"],
    );
    expect(json).toMatchObject({ recordings: { count: 3 } });
  });
});

const virtual = existsSync(join(firmwareFolder(), "virtual.bin")) && findQemu() !== null;

describe("real machines", () => {
  for (const { data, split, preset, bar, signal, label } of [
    {
      data: "ceiling-fan",
      split: ["--by", "recording"],
      preset: "vibration",
      bar: 0.93,
      signal: "medium-unbalanced.03.csv",
      label: "medium-unbalanced",
    },
    {
      data: "cwru-bearing",
      split: ["--holdout", "3hp"],
      preset: "vibration",
      bar: 0.99,
      signal: "inner-race.7mil-3hp.wav",
      label: "inner-race",
    },
  ]) {
    it(`are told apart on ${data}, alike by float, int8 and board`, async ({ skip }) => {
      const source = realData(data);
      if (source === null) {
        skip();
        return;
      }
      const folder = temporaryFolder();
      const path = join(folder, "p.limpet");
      await limpet("new", path);
      await limpet("import", path, source);
      await limpet("split", path, ...split);
      const { json } = await limpet("train", path, "--preset", preset);
      const { experiment } = json as { experiment: number };
      type Report = {
        accuracy: number;
        windows: number;
        confusion: unknown;
        loss: number;
        mistakes: unknown;
        boardDifference?: unknown;
      };
      const evaluate = async (...flags: string[]): Promise<Report> =>
        (await limpet("evaluate", path, "--experiment", String(experiment), ...flags)).json as Report;
      const float = await evaluate("--engine", "float");
      const int8 = await evaluate("--engine", "int8");
      expect(float.accuracy).toBeGreaterThanOrEqual(bar);
      expect(Math.abs(float.accuracy - int8.accuracy)).toBeLessThanOrEqual(0.01);
      expect(int8.windows).toBeGreaterThanOrEqual(200);
      if (!virtual) console.warn("SKIPPED: the virtual board needs QEMU and its firmware (npm run setup)");
      const board = virtual ? "virtual" : "simulated";
      const { boardDifference, ...onBoard } = await evaluate("--engine", "board", "--board", board);
      expect(boardDifference).toBeNull();
      expect({ ...onBoard, engine: "int8" }).toEqual(int8);
      const line = ["--board", board, "--flash", join(folder, "flash")];
      const deployed = (await limpet("deploy", path, "--experiment", String(experiment), ...line)).json as {
        goldenVectors: { run: number; identical: number };
      };
      expect(deployed.goldenVectors.identical).toBe(deployed.goldenVectors.run);
      const { predictions } = (
        await limpet("monitor", ...line, "--signal", join(source, signal), "--seconds", "5")
      ).json as { predictions: { label: string }[] };
      expect(predictions.length).toBeGreaterThanOrEqual(3);
      expect(predictions.filter((one) => one.label === label).length).toBeGreaterThanOrEqual(
        0.8 * predictions.length,
      );
    });
  }
});
