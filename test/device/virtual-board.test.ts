import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import wavefile from "wavefile";
import { BoardSession } from "../../src-main/boards/board-session.ts";
import { firmwareFolder } from "../../src-main/boards/firmware-image.ts";
import { loadSignals } from "../../src-main/boards/open-board.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { checkProject, readSignalFile } from "../../src-main/services/project-service.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import type { RecordingState } from "../../src-shared/contract/index.ts";
import { realData, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";

const ready = findQemu() !== null && existsSync(join(firmwareFolder(), "virtual.bin"));
if (!ready) {
  console.warn("SKIPPED: the virtual board needs QEMU and built firmware (npm run setup)");
}

const sessions: BoardSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

async function connect(signals: readonly string[] = []) {
  const flashPath = join(temporaryFolder(), "flash");
  // By instructions, so that the board's time waits for its processor, however busy this computer is.
  const signal = loadSignals(signals, readSignalFile);
  const transport = new VirtualTransport({ flashPath, signal, instructions: true });
  const session = await BoardSession.connect(transport);
  sessions.push(session);
  return { session, transport };
}

/** 20 s of sound with every byte value in it, at 16 kHz. */
function makeWav(): string {
  const path = join(temporaryFolder(), "sound.wav");
  const samples = Int16Array.from({ length: 20 * 16_000 }, (_, i) => ((i * 7919) % 65_536) - 32_768);
  const wav = new wavefile.WaveFile();
  wav.fromScratch(1, 16_000, "16", samples);
  writeFileSync(path, wav.toBuffer());
  return path;
}

/** Records 20 s of a file and compares every sample with the file's. */
async function expectFaithful(path: string): Promise<void> {
  const file = readSignalFile(path);
  const { session } = await connect([path]);
  const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
  const request = { label: "x", seconds: 20, group: null, sensors: [] };
  const result = await recordFromBoard(project, session, request);
  expect(result).toMatchObject({ rate: file.rateHz, samples: 20 * file.rateHz, gaps: 0, lostSamples: 0 });
  const [stream] = project.streams(result.recording);
  expect(stream?.channels.map(({ name }) => name)).toEqual(file.channels.map(({ name }) => name));
  const got = project.readValues(stream?.id ?? 0, 0, result.samples);
  const width = file.channels.length;
  const resolution = session.hello.sensors[0]?.resolution ?? 0;
  const tolerance = file.data instanceof Int16Array ? 0 : resolution / 2;
  let worst = 0;
  for (const [i, value] of got.entries()) {
    const wanted = Math.fround((file.data[i % (file.samples * width)] as number) * Math.fround(file.scale));
    worst = Math.max(worst, Math.abs(value - wanted));
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
  project.close();
}

describe.skipIf(!ready)("the real firmware on the virtual board", () => {
  it("says who it is", async () => {
    const { session } = await connect();
    expect(session.hello).toMatchObject({ protocolVersion: 1, kind: "virtual", model: null });
    expect(session.hello.sensors.length).toBeGreaterThan(0);
  });

  it("measures 20 s of a ceiling fan, 3 axes at 200 Hz, sample for sample", async ({ skip }) => {
    const folder = realData("ceiling-fan");
    if (folder === null) return skip("real data is not there (set LIMPET_DATA)");
    await expectFaithful(join(folder, "high.01.csv"));
  });

  it("measures 20 s of 16 kHz sound, sample for sample", () => expectFaithful(makeWav()));

  it("that is killed midway leaves what it measured, and the error says so", async () => {
    const { session, transport } = await connect();
    const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
    const request = { label: "x", seconds: null, group: null, sensors: [] };
    let alive = true;
    const onState = (state: RecordingState): void => {
      if (state.kind !== "recording" || state.seconds <= 1 || !alive) return;
      alive = false;
      process.kill(transport.pid, "SIGKILL");
    };
    const error = await rejectionOf(
      "board-unplugged",
      recordFromBoard(project, session, request, { onState }),
    );
    expect(error.exitCode).toBe(3);
    expect(project.recordings()[0]?.incomplete).toBe(true);
    expect(project.recordings()[0]?.seconds).toBeGreaterThan(1);
    project.close();
    expect(checkProject(project.path).ok).toBe(true);
  });
});
