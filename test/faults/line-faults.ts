/** Records over a line that loses, doubles, swaps, flips and cuts frames, and compares with what went through whole. */
import { join } from "node:path";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { expectedRanges, type FaultKind, FaultProxy } from "./fault-proxy.ts";
import { seededRandom } from "./random.ts";
import { type SourceSensor, StreamBoard } from "./stream-board.ts";
import { requireSound, requireTrueSamples, storedRanges } from "./verify.ts";

export type LineFigures = {
  readonly faults: number;
  readonly kinds: Readonly<Record<FaultKind, number>>;
  readonly frames: number;
  readonly recordings: number;
  readonly samplesCompared: number;
  readonly gaps: number;
  readonly lostSamples: number;
};

const FAST: SourceSensor = {
  id: "accelerometer",
  channels: ["accX", "accY", "accZ"],
  rateHz: 16_000,
  frameSamples: 16,
};
const SLOW: SourceSensor = { id: "microphone", channels: ["audio"], rateHz: 8000, frameSamples: 100 };
const SECONDS = 2;

/** Records until at least `faults` faults were injected. Throws where a gap or a sample is not what it must be. */
export async function runLineFaults(
  faults: number,
  seed: number,
  folder: string,
  onRecording: (faults: number) => void = () => {},
): Promise<LineFigures> {
  const board = await StreamBoard.start([FAST, SLOW]);
  const proxy = await FaultProxy.start({ boardPort: board.tcpPort, random: seededRandom(seed), faults: 0.1 });
  const project = ProjectFile.create(join(folder, "line.limpet"));
  let recordings = 0;
  let samplesCompared = 0;
  let gaps = 0;
  let lostSamples = 0;
  try {
    while (proxy.total < faults) {
      const session = await openBoard(proxy.port, {}, readSignalFile);
      proxy.forget();
      const request = { label: "line", seconds: SECONDS, group: null, sensors: [] };
      const result = await recordFromBoard(project, session, request);
      await session.close();
      const info = project.recording(result.recording);
      for (const [sensor, stream] of info.streams.entries()) {
        const wanted = Math.round(SECONDS * stream.rateHz);
        const expected = expectedRanges(proxy.passed, sensor, wanted);
        const stored = storedRanges(project, stream);
        if (JSON.stringify(stored) !== JSON.stringify(expected)) {
          throw new Error(
            `${stream.sensor}: stored ${JSON.stringify(stored)}, but what went through whole is ${JSON.stringify(expected)}`,
          );
        }
        const kept = expected.reduce((sum, { from, to }) => sum + to - from, 0);
        if (stream.samples !== kept || stream.samples + stream.lostSamples !== wanted) {
          throw new Error(
            `${stream.sensor}: ${stream.samples} samples and ${stream.lostSamples} lost do not make ${wanted}`,
          );
        }
        gaps += stream.gaps;
        lostSamples += stream.lostSamples;
      }
      samplesCompared += requireTrueSamples(project, info);
      recordings++;
      onRecording(proxy.total);
    }
    project.close();
    requireSound(project.path);
    return {
      faults: proxy.total,
      kinds: { ...proxy.injected },
      frames: board.framesSent,
      recordings,
      samplesCompared,
      gaps,
      lostSamples,
    };
  } finally {
    project.close();
    await proxy.close();
    await board.close();
  }
}

export type HandshakeFigures = {
  readonly sessions: number;
  readonly lostFrames: number;
  readonly refused: number;
};

/** Connects, samples and stops over lines that lose requests and answers too. Each session works, or ends with a clear error. */
export async function runHandshakes(sessions: number, seed: number): Promise<HandshakeFigures> {
  let lostFrames = 0;
  let refused = 0;
  await Promise.all(
    Array.from({ length: sessions }, async (_, index) => {
      const board = await StreamBoard.start([SLOW]);
      const random = seededRandom(seed + index);
      const proxy = await FaultProxy.start({
        boardPort: board.tcpPort,
        random,
        faults: 0.1,
        otherLoss: 0.15,
      });
      try {
        const session = await openBoard(proxy.port, {}, readSignalFile);
        await session.start([{ index: 0, rateHz: 0 }]);
        await session.stop();
        await session.close();
      } catch (error) {
        if (!(error instanceof LimpetError) || !error.code.startsWith("board-")) throw error;
        refused++;
      } finally {
        lostFrames += proxy.othersLost;
        await proxy.close();
        await board.close();
      }
      if (board.starts > 1) throw new Error(`session ${index}: START was done ${board.starts} times`);
    }),
  );
  return { sessions, lostFrames, refused };
}
