/** A board that is to run by itself, by commands alone: trained, deployed with a period and a light, left alone, its log read and emptied. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder, readFirmwareImage } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { summarisePackage } from "../../src-main/deployment/package-summary.ts";
import { seededRandom } from "../conversion/networks.ts";
import { commandRunner } from "./run-command.ts";

const ready =
  findQemu() !== null &&
  existsSync(join(firmwareFolder(), "virtual.bin")) &&
  existsSync(join(firmwareFolder(), "twin.wasm"));
if (!ready) console.warn("SKIPPED: a board by itself needs QEMU and built firmware (npm run setup)");

const COMMANDS = ["new", "import", "split", "train", "deploy", "virtual", "log"] as const;
const RATE = 100;

const limpet = commandRunner<never>(COMMANDS);

/** Noise of one strength after another, so many seconds each. */
function csv(path: string, strengths: readonly number[], seconds: number, seed: number): string {
  const random = seededRandom(seed);
  const lines = ["timestamp,accX,accY,accZ"];
  for (let i = 0; i < strengths.length * seconds * RATE; i++) {
    const strength = strengths[Math.floor(i / (seconds * RATE))] as number;
    const axis = () => random.uniform(-strength, strength).toFixed(4);
    lines.push([(i * 1000) / RATE, axis(), axis(), axis()].join(","));
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

describe.skipIf(!ready)("the commands for a board by itself", () => {
  const folder = mkdtempSync(join(tmpdir(), "limpet-alone-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const project = join(folder, "p.limpet");
  const flash = join(folder, "flash");
  const deploy = (...flags: string[]) =>
    limpet("deploy", project, "--experiment", "1", "--board", "virtual", "--flash", flash, ...flags);

  beforeAll(async () => {
    const source = join(folder, "csv");
    mkdirSync(source);
    for (let i = 0; i < 4; i++) {
      csv(join(source, `quiet.${i}.csv`), [0.05], 8, 10 + i);
      csv(join(source, `rough.${i}.csv`), [0.8], 8, 20 + i);
    }
    await limpet("new", project);
    await limpet("import", project, source);
    await limpet("split", project);
    const design = join(folder, "design.json");
    writeFileSync(
      design,
      JSON.stringify({
        window: { lengthMs: 1000, strideMs: 1000 },
        channels: ["accX", "accY", "accZ"],
        features: { block: "spectral", fftLength: 32, bands: 8 },
        network: { kind: "dense", units: [8] },
        training: { epochs: 30, batchSize: 8, seed: 1 },
      }),
    );
    expect((await limpet("train", project, "--design", design)).json).toMatchObject({ experiment: 1 });
  });

  it("refuse what the board cannot do, before anything is written", async () => {
    expect(await deploy("--every", "0.5")).toMatchObject({ code: 2, field: "every" });
    expect(await deploy("--light", "loud")).toMatchObject({ code: 2, field: "light" });
    expect(await deploy("--confirm", "0")).toMatchObject({ code: 2, field: "confirm" });
    expect(existsSync(flash)).toBe(false);
  });

  it("deploy with a period, leave the board alone, and read its log in the contract's words", async () => {
    const { json, text: told } = await deploy(
      "--every",
      "5",
      "--light",
      "rough",
      "unknown",
      "--confirm",
      "2",
    );
    expect(json, told).toMatchObject({ board: "virtual", slot: "A" });
    const session = await BoardSession.connect(new VirtualTransport({ flashPath: flash }));
    const { modelBytes } = json as { modelBytes: number };
    const installed = summarisePackage(await session.readPackage(modelBytes));
    expect(installed.alonePeriodMs).toBe(5000);
    expect(json).toMatchObject({
      modelHash: session.hello.model?.hash,
      firmwareHash: readFirmwareImage("virtual").hash,
      datasetHash: installed.datasetHash,
    });
    expect(told).toContain(`dataset ${installed.datasetHash?.slice(0, 12)}`);
    expect(installed.datasetHash).toMatch(/^[0-9a-f]{64}$/);
    await session.close();

    // Half a minute of each, in turn: six windows, of which the second confirms.
    const signal = csv(join(folder, "machine.csv"), [0.05, 0.8], 30, 5);
    const alone = await limpet("virtual", "--alone", "190", "--flash", flash, "--signal", signal);
    expect(alone.json).toMatchObject({ port: null, seconds: 190 });
    const { json: log, text } = await limpet("log", "--board", "virtual", "--flash", flash, "--clear");
    const { since, totals, events, boots } = log as {
      since: number;
      boots: number;
      totals: Record<string, number>;
      events: { time: number; label: string; score: number; boot: number }[];
    };
    expect(boots).toBe(1);
    expect(since).toBeGreaterThan(120);
    expect(events.map(({ label }) => label)).toEqual(["quiet", "rough", "quiet", "rough", "quiet", "rough"]);
    const [first] = events;
    for (const [i, { time, score }] of events.entries()) {
      // From the second change on one window late.
      const due = (first?.time ?? 0) + 30 * i + (i === 0 ? 0 : 5);
      expect(Math.abs(time - due)).toBeLessThan(2);
      expect(score).toBeGreaterThan(0.5);
    }
    expect(Object.keys(totals)).toEqual(["quiet", "rough"]);
    expect(text).toContain("1 start");
    expect(text).toMatch(/0:02:\d\d +1 +quiet|0:02:\d\d +1 +rough/);
    const emptied = await limpet("log", "--board", "virtual", "--flash", flash);
    expect(emptied.json).toMatchObject({ since: 0, totals: { quiet: 0, rough: 0 }, events: [], boots: 0 });
  });
});
