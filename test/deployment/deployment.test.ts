import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { BoardSession } from "../../src-main/boards/board-session.ts";
import { ByteWriter } from "../../src-main/boards/link/bytes.ts";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { evaluateOnBoard, signalsOf } from "../../src-main/deployment/board-evaluation.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { deploy, type StageEvent } from "../../src-main/services/deployment-service.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import { designFile } from "../../src-shared/design.ts";
import { FakeBoard, type Faults } from "../boards/fake-board.ts";
import { errorOf, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";

const boards: FakeBoard[] = [];
const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  for (const board of boards.splice(0)) await board.close();
});

/** A package with all that deployment reads, by docs/model-package.md; 2 samples of 1 channel a window. */
function makePackage(options: { frontend?: number; filler?: number; sensor?: string } = {}): Uint8Array {
  const frontend = new ByteWriter().u8(1).u8(0).u16(0);
  frontend
    .bytes(Buffer.from((options.sensor ?? "accelerometer").padEnd(16, "\0")))
    .f32(1000)
    .u8(1);
  frontend.bytes(new Uint8Array(7)).u32(2).u32(100).u8(0).u8(1).u16(8).f32(1).u32(1);
  const parameters = new ByteWriter()
    .u8(0)
    .u8(2)
    .u16(0)
    .u32(2048)
    .f32(1)
    .u32(0)
    .f32(1)
    .u32(0)
    .u32(100)
    .f32(0.5)
    .f32(0.5);
  const sections: [string, Uint8Array][] = [
    ["FRNT", frontend.done()],
    ["PARM", parameters.done()],
    ["LABL", new ByteWriter().text("off").text("on").done()],
    ["NAME", new ByteWriter().text("fan").done()],
    ["TFLT", new Uint8Array(options.filler ?? 3000).fill(7)],
  ];
  const table = new ByteWriter();
  const content = new ByteWriter();
  let at = Math.ceil((64 + 12 * sections.length) / 16) * 16;
  content.bytes(new Uint8Array(at - 64 - 12 * sections.length));
  for (const [name, bytes] of sections) {
    table.bytes(Buffer.from(name)).u32(at).u32(bytes.length);
    const padding = Math.ceil(bytes.length / 16) * 16 - bytes.length;
    content.bytes(bytes).bytes(new Uint8Array(padding));
    at += bytes.length + padding;
  }
  const body = new ByteWriter().bytes(table.done()).bytes(content.done()).done();
  const hash = createHash("sha256").update(body).digest();
  const tail = new ByteWriter().bytes(hash).u16(sections.length).bytes(new Uint8Array(14)).bytes(body).done();
  const head = new ByteWriter()
    .bytes(Buffer.from("LMPK"))
    .u16(1)
    .u16(options.frontend ?? 1);
  return head
    .u32(tail.length + 16)
    .u32(crc32(tail))
    .bytes(tail)
    .done();
}

async function setUp(faults: Faults = {}) {
  const board = await FakeBoard.start(faults);
  boards.push(board);
  const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
  const experiment = project.addExperiment({
    name: "e",
    design: { ...designFile.parse({}), inputs: [] } as never,
    labels: ["off", "on"],
    result: {},
    datasetHash: "",
    weights: new Uint8Array(4),
    tflite: null,
    modelPackage: null,
  });
  const session = await openBoard(board.port, {}, readSignalFile);
  sessions.push(session);
  return { board, project, experiment, session };
}

describe("a deployment", () => {
  it("goes through its stages, is proved on the board, and is kept in the project", async () => {
    const { board, project, experiment, session } = await setUp();
    const events: StageEvent[] = [];
    const modelPackage = makePackage();
    const report = await deploy(project, session, {
      experiment,
      firmware: "if-needed",
      modelPackage,
      onStage: (event) => events.push(event),
    });
    expect(report).toMatchObject({
      board: "virtual-fake",
      firmwareWritten: false,
      modelBytes: modelPackage.length,
      goldenVectors: { run: 4, identical: 4 },
      slot: "B",
      ram: 8192,
      instructions: 10_000,
      modelHash: summarisePackage(modelPackage).modelHash,
      firmwareHash: null,
      datasetHash: null,
      warnings: [],
    });
    expect(board.model?.hash).toBe(report.modelHash);
    expect(
      events.filter(({ state }) => state !== "running").map(({ stage, state }) => `${stage} ${state}`),
    ).toEqual(["check done", "firmware skipped", "model done", "self-test done", "proof done"]);
    expect(project.deployments()).toMatchObject([{ experimentId: experiment, board: "Fake board" }]);
    expect(board.mostUnanswered).toBeGreaterThan(1);
    expect(board.mostUnanswered).toBeLessThanOrEqual(4);
    project.close();
  });

  it("survives a lost answer to each of its commands", async () => {
    for (const deafOnce of ["update-begin", "update-data", "update-commit", "read-package"] as const) {
      const { board, project, experiment, session } = await setUp({ deafOnce });
      const report = await deploy(project, session, {
        experiment,
        firmware: "never",
        modelPackage: makePackage(),
      });
      expect(board.model?.hash, deafOnce).toBe(report.modelHash);
      project.close();
    }
  });

  it("whose self-test fails leaves the old model and is not kept in the project", async () => {
    const { board, project, experiment, session } = await setUp({ selfTestFails: true });
    const old = makePackage({ filler: 10 });
    board.install(old, "old", ["a"]);
    const error = await rejectionOf(
      "board-refused",
      deploy(project, session, { experiment, firmware: "if-needed", modelPackage: makePackage() }),
    );
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain("3 of 4 golden vectors");
    expect(board.model?.name).toBe("old");
    expect(project.deployments()).toEqual([]);
    project.close();
  });

  it("that reads back other bytes than were sent is rolled back", async () => {
    const { board, project, experiment, session } = await setUp({ badFlash: true });
    board.install(makePackage({ filler: 10 }), "old", ["a"]);
    await session.greet();
    await rejectionOf(
      "board-refused",
      deploy(project, session, { experiment, firmware: "if-needed", modelPackage: makePackage() }),
    );
    expect(board.model?.name).toBe("old");
    project.close();
  });

  it("is refused before anything is written where versions or sizes do not fit", async () => {
    const { board, project, experiment, session } = await setUp();
    for (const modelPackage of [makePackage({ frontend: 9 }), makePackage({ filler: 200_000 })]) {
      await rejectionOf(
        "board-refused",
        deploy(project, session, { experiment, firmware: "if-needed", modelPackage }),
      );
    }
    await rejectionOf(
      "usage",
      deploy(project, session, { experiment, firmware: "always", modelPackage: makePackage() }),
    );
    expect(board.seen.some(({ kind }) => kind === "update-begin")).toBe(false);
    project.close();
  });

  it("says what nobody has tried on a real board of its kind", async () => {
    const { project, experiment, session } = await setUp({ kind: "xiao-nrf52840-sense" });
    const deployment = { experiment, firmware: "never", modelPackage: makePackage() } as const;
    const { board, warnings } = await deploy(project, session, deployment);
    expect(board).toBe("xiao-nrf52840-sense");
    expect(warnings[0]).toMatch(/^No XIAO nRF52840 Sense has run this firmware yet/);
    project.close();
  });

  it("warns of a sensor that the board has not", async () => {
    const { project, experiment, session } = await setUp();
    const modelPackage = makePackage({ sensor: "microphone" });
    const report = await deploy(project, session, { experiment, firmware: "if-needed", modelPackage });
    expect(report.warnings).toHaveLength(1);
    project.close();
  });
});

describe("an evaluation on a board over the link", () => {
  it("on a board that is made for it leaves no file behind where the process ends meanwhile", () => {
    const folder = temporaryFolder();
    const temporary = join(folder, "temporary");
    mkdirSync(temporary);
    writeFileSync(join(folder, "model"), makePackage());
    const source = join(import.meta.dirname, "../../src-main/deployment/board-evaluation.ts");
    const script = `
      import { readdirSync, readFileSync } from "node:fs";
      const { evaluateOnBoard } = await import(${JSON.stringify(source)});
      const modelPackage = readFileSync(${JSON.stringify(join(folder, "model"))});
      evaluateOnBoard({ port: "simulated", modelPackage, windows: [] }).catch(() => {});
      process.stdout.write(String(readdirSync(process.env.TMPDIR).length));
      process.exit(0);`;
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, TMPDIR: temporary },
      encoding: "utf8",
    });
    expect(stdout).toBe("1");
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("gives features and scores of every window in order, of the package that is on the board only", async () => {
    const { board, session, project } = await setUp();
    await session.close();
    project.close();
    const modelPackage = makePackage();
    const windows = [Float32Array.of(1, 2), Float32Array.of(-3, 4.5)];
    const evaluation = { port: board.port, modelPackage, windows, features: true };
    await rejectionOf("board-refused", evaluateOnBoard(evaluation));
    board.install(modelPackage, "fan", ["off", "on"]);
    const results = await evaluateOnBoard(evaluation);
    expect(results.map(({ features, scores }) => [...features, ...scores])).toEqual([
      [2, 4, 3],
      [-6, 9, 1.5],
    ]);
  });
});

describe("windows as a signal", () => {
  it("stand end to end, each input on its sensor's channels", () => {
    const inputs = [
      { sensor: "accelerometer", rateHz: 100, channels: [2, 0], windowSamples: 2, strideSamples: 1 },
      { sensor: "microphone", rateHz: 200, channels: [0], windowSamples: 4, strideSamples: 2 },
    ];
    const windows = [
      Float32Array.of(1, 2, 3, 4, 10, 11, 12, 13),
      Float32Array.of(5, 6, 7, 8, 20, 21, 22, 23),
    ];
    const [acceleration, sound] = signalsOf(windows, inputs);
    expect([...(acceleration?.data ?? [])]).toEqual([2, 0, 1, 4, 0, 3, 6, 0, 5, 8, 0, 7]);
    expect([...(sound?.data ?? [])]).toEqual([10, 11, 12, 13, 20, 21, 22, 23]);
  });
});

describe("a model package", () => {
  it("is read by its document, and refused with any byte changed", () => {
    const bytes = makePackage();
    expect(summarisePackage(bytes)).toMatchObject({
      frontendVersion: 1,
      name: "fan",
      labels: ["off", "on"],
      strideSamples: 100,
      inputs: [{ sensor: "accelerometer", rateHz: 1000, channels: [0], windowSamples: 2 }],
    });
    for (let at = 8; at < bytes.length; at += 97) {
      const bad = bytes.slice();
      bad[at] = (bad[at] as number) ^ 0x10;
      errorOf("invalid-file", () => summarisePackage(bad));
    }
    errorOf("invalid-file", () => summarisePackage(bytes.slice(0, 70)));
  });
});
