import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkProject, openProject } from "../../src-main/services/project-service.ts";
import { FakeBoard, type Faults } from "../boards/fake-board.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { commandRunner } from "./run-command.ts";

const limpet = commandRunner(["boards", "record", "deploy", "monitor"]);

let board: FakeBoard | null = null;
afterEach(async () => {
  await board?.close();
  board = null;
});

async function setUp(faults: Faults = {}): Promise<{ port: string; project: string; board: FakeBoard }> {
  board = await FakeBoard.start(faults);
  const project = join(temporaryFolder(), "p.limpet");
  openProject(project, { create: true }).close();
  return { port: board.port, project, board };
}

describe("the commands of boards", () => {
  it("record by themselves once the signal is strong enough, and refuse a time before without a level", async () => {
    const { port, project } = await setUp();
    const line = ["record", project, "--board", port, "--label", "on", "--seconds", "0.5"];
    // The source swings over its whole range of +-14 g.
    const { json } = await limpet(...line, "--level", "2", "--before", "0.2");
    expect(json).toMatchObject({ label: "on", seconds: 0.5, samples: 500, lostSamples: 0 });
    const refused = await limpet(...line, "--before", "0.2");
    expect(refused).toMatchObject({ code: 2, message: expect.stringContaining("--level") });
  });

  it("say why a port cannot be used", async () => {
    const { json, text } = await limpet("boards", "--diagnose", "tcp://127.0.0.1:1");
    expect(json).toMatchObject([{ cause: expect.any(String), next: expect.any(String) }]);
    expect(text).not.toBe("");
    const { port } = await setUp();
    expect((await limpet("boards", "--diagnose", port)).text).toBe("No problem was found.");
  });

  it("record with the fields that the contract names", async () => {
    const { port, project } = await setUp();
    const { json, text } = await limpet(
      "record",
      project,
      "--board",
      port,
      "--label",
      "on",
      "--seconds",
      "0.2",
    );
    expect(json).toEqual({
      recording: 1,
      label: "on",
      seconds: 0.2,
      rate: 1000,
      samples: 200,
      gaps: 0,
      lostSamples: 0,
    });
    expect(text).toContain("200 samples at 1000 Hz");
  });

  it("end with 3 where the board goes away, with the project in order and what was recorded in it", async () => {
    const { port, project } = await setUp({ vanishAfter: 4 });
    const { code, message } = await limpet(
      "record",
      project,
      "--board",
      port,
      "--label",
      "on",
      "--seconds",
      "9",
    );
    expect(code).toBe(3);
    expect(message).toContain("kept as recording 1");
    expect(checkProject(project)).toMatchObject({ ok: true, recordings: 1 });
  });

  it("end with 3 where there is no board, and with 2 for a wrong flag, with nothing changed", async () => {
    const { port, project } = await setUp();
    const record = (...flags: string[]) => limpet("record", project, "--label", "on", ...flags);
    expect((await record("--board", "/dev/limpet-nothing", "--seconds", "1")).code).toBe(3);
    expect((await record("--board", "", "--seconds", "1")).code).toBe(2);
    expect((await record("--board", port, "--seconds", "-1")).code).toBe(2);
    expect((await record("--board", port, "--seconds", "1", "--sensor", "nose")).code).toBe(2);
    expect((await record("--board", port, "--seconds", "1", "--signal", "a.wav")).code).toBe(2);
    expect((await record("--board", "virtual", "--seconds", "1", "--signal", "there-is-none.wav")).code).toBe(
      2,
    );
    expect(checkProject(project)).toMatchObject({ ok: true, recordings: 0 });
  });

  it("monitor a board with a model, and say what to do with one that has none", async () => {
    const { port, board: fake } = await setUp();
    expect(await limpet("monitor", "--board", port, "--seconds", "1")).toMatchObject({ code: 3 });
    fake.install(new Uint8Array(100), "m", ["off", "on"]);
    const { json } = await limpet("monitor", "--board", port, "--seconds", "0.3");
    expect(json).toMatchObject({ predictions: expect.arrayContaining([]) });
    expect((json as { predictions: unknown[] }).predictions[0]).toMatchObject({
      timeMs: 50,
      label: "on",
      scores: { off: 0, on: 0.75 },
    });
  });

  it("deploy nothing where there is no such experiment", async () => {
    const { port, project } = await setUp();
    expect(await limpet("deploy", project, "--experiment", "7", "--board", port)).toMatchObject({ code: 2 });
  });
});
