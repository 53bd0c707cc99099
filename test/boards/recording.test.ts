import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { BoardsService } from "../../src-main/services/boards-service.ts";
import { monitor } from "../../src-main/services/live-service.ts";
import { checkProject, readSignalFile } from "../../src-main/services/project-service.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import type { RecordingState } from "../../src-shared/contract/index.ts";
import { rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { FakeBoard, type Faults, fakeSample } from "./fake-board.ts";

const boards: FakeBoard[] = [];
afterEach(async () => {
  for (const board of boards.splice(0)) await board.close();
});

async function fake(faults: Faults = {}): Promise<FakeBoard> {
  const board = await FakeBoard.start(faults);
  boards.push(board);
  return board;
}

const connect = (port: string) => openBoard(port, {}, readSignalFile);
const request = (seconds: number | null) => ({ label: "on", seconds, group: null, sensors: [] });

async function setUp(faults: Faults = {}) {
  const board = await fake(faults);
  const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
  return { board, project, session: await connect(board.port) };
}

/** Samples of both channels as the fake sensor measures them, without those in `lost`. */
function expected(from: number, to: number, lost: (index: number) => boolean = () => false): number[] {
  const values: number[] = [];
  for (let i = from; i < to; i++) if (!lost(i)) values.push(fakeSample(i, 0), fakeSample(i, 1));
  return values;
}

describe("a recording from a board", () => {
  it("has exactly the samples that the board measured, in the length that was asked for", async () => {
    const { project, session } = await setUp();
    const result = await recordFromBoard(project, session, request(0.43));
    expect(result).toMatchObject({
      label: "on",
      seconds: 0.43,
      rate: 1000,
      samples: 430,
      gaps: 0,
      lostSamples: 0,
    });
    const [stream] = project.streams(result.recording);
    expect(stream).toMatchObject({
      sensor: "accelerometer",
      sampleType: "int16",
      scale: 2 ** -11,
      rateHz: 1000,
    });
    expect([...project.readSamples(stream?.id ?? 0, 0, 430).data]).toEqual(expected(0, 430));
    await session.close();
    project.close();
  });

  it("keeps lost frames as gaps, of their true length, and nothing is made up", async () => {
    const { project, session } = await setUp({ loseSamples: [2, 3, 6] });
    const result = await recordFromBoard(project, session, request(0.5));
    expect(result).toMatchObject({ samples: 350, gaps: 2, lostSamples: 150 });
    const [stream] = project.streams(result.recording);
    expect(project.gaps(stream?.id ?? 0)).toEqual([
      { atSample: 100, lostSamples: 100 },
      { atSample: 200, lostSamples: 50 },
    ]);
    const lost = (i: number) => [2, 3, 6].includes(Math.floor(i / 50));
    expect([...project.readSamples(stream?.id ?? 0, 0, 350).data]).toEqual(expected(0, 500, lost));
    expect(session.counters.framesLost).toBe(3);
    await session.close();
    project.close();
  });

  it("from a board that is unplugged midway keeps what came, marked incomplete, in a sound project", async () => {
    const { project, session } = await setUp({ vanishAfter: 6 });
    const error = await rejectionOf("board-unplugged", recordFromBoard(project, session, request(5)));
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain("kept as recording 1");
    const [recording] = project.recordings();
    expect(recording).toMatchObject({ incomplete: true, seconds: 0.3 });
    project.close();
    expect(checkProject(project.path)).toMatchObject({ ok: true, recordings: 1 });
  });

  it("that is cancelled keeps what came, and one that is stopped is complete", async () => {
    const { project, session } = await setUp();
    /** Ends the recording when it is so long. */
    const endsAt = (seconds: number) => {
      const abort = new AbortController();
      const onState = (state: RecordingState): void => {
        if (state.kind === "recording" && state.seconds >= seconds) abort.abort();
      };
      return { signal: abort.signal, onState };
    };
    const cancel = endsAt(0.2);
    const error = await rejectionOf("cancelled", recordFromBoard(project, session, request(null), cancel));
    expect(error.exitCode).toBe(130);
    const stop = endsAt(0.2);
    const result = await recordFromBoard(project, session, request(null), {
      stop: stop.signal,
      onState: stop.onState,
    });
    expect(project.recordings().map(({ incomplete }) => incomplete)).toEqual([true, false]);
    expect(result.samples).toBeGreaterThanOrEqual(200);
    await session.close();
    project.close();
  });

  it("from a board that falls silent ends with a time-out, and keeps what came", async () => {
    const { project, session } = await setUp({ fallSilentAfter: 4 });
    await rejectionOf("board-timeout", recordFromBoard(project, session, request(5)));
    expect(project.recordings()[0]).toMatchObject({ incomplete: true, seconds: 0.2 });
    await session.close();
    project.close();
  });

  it("of a sensor or rate that the board has not is refused before anything is recorded", async () => {
    const { project, session } = await setUp();
    const wish = (id: string, rateHz?: number) => ({
      ...request(1),
      sensors: [rateHz === undefined ? { id } : { id, rateHz }],
    });
    await rejectionOf("usage", recordFromBoard(project, session, wish("microphone")));
    await rejectionOf("usage", recordFromBoard(project, session, wish("accelerometer", 999)));
    expect(project.recordings()).toEqual([]);
    await session.close();
    project.close();
  });
});

describe("a connection", () => {
  it("repeats a request whose answer was lost, under the same id, so that it is done once", async () => {
    const { board, session, project } = await setUp({ deafOnce: "start" });
    await session.start([{ index: 0, rateHz: 0 }]);
    expect(board.seen.filter(({ kind }) => kind === "start").length).toBeGreaterThanOrEqual(2);
    expect(board.starts).toBe(1);
    await session.close();
    project.close();
  });

  it("to where nothing listens says so, with exit code 3", async () => {
    const error = await rejectionOf("board-not-found", connect("tcp://127.0.0.1:1"));
    expect(error.exitCode).toBe(3);
    expect(error.hint).toBeDefined();
    await rejectionOf("board-not-found", connect("/dev/limpet-there-is-no-such-port"));
    await rejectionOf("usage", connect("tcp://nonsense"));
  });

  it("to something that talks nonsense says that it is no Limpet board", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      const timer = setInterval(() => socket.write("Hello, I am a printer.\r\n\0\x01\x02\0"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const error = await rejectionOf("board-protocol", connect(`tcp://127.0.0.1:${port}`));
    expect(error.exitCode).toBe(3);
    server.close();
  });

  it("that is lost is found again by itself, and the listeners see each state", async () => {
    const board = await fake();
    const service = new BoardsService(readSignalFile);
    const states: string[] = [];
    service.listen((event) => {
      if (event.kind === "state") states.push(event.state.kind);
    });
    await service.connect(board.port);
    board.unplug();
    await expect.poll(() => states.length).toBe(4);
    expect(states).toEqual(["connecting", "connected", "reconnecting", "connected"]);
    await service.disconnect();
    expect(service.state).toEqual({ kind: "disconnected" });
  });

  it("shows the live signal, also while a recording has the board to itself", async () => {
    const board = await fake();
    const project = ProjectFile.create(join(temporaryFolder(), "p.limpet"));
    const service = new BoardsService(readSignalFile);
    let pieces = 0;
    service.listen((event) => {
      if (event.kind === "signal") pieces += event.preview.channels.length === 2 ? 1 : 0;
    });
    await service.connect(board.port);
    await service.preview(true);
    await expect.poll(() => pieces).toBeGreaterThan(2);
    const before = pieces;
    const result = await service.exclusively((session) => recordFromBoard(project, session, request(0.3)));
    expect(result.samples).toBe(300);
    expect(pieces).toBeGreaterThan(before + 2);
    const after = pieces;
    await expect.poll(() => pieces).toBeGreaterThan(after + 2);
    await service.disconnect();
    project.close();
  });
});

describe("monitoring", () => {
  it("gives the board's answers with the labels of its model", async () => {
    const { board, session, project } = await setUp();
    await rejectionOf(
      "board-refused",
      monitor(session, 1, () => {}),
    );
    board.install(new Uint8Array(100), "m", ["off", "on"]);
    await session.greet();
    const { predictions } = await monitor(session, 0.4, () => {});
    expect(predictions.length).toBe(8);
    expect(predictions[0]).toEqual({
      timeMs: 50,
      label: "on",
      scores: { off: 0, on: 0.75 },
      frontendInstructions: 10,
      networkInstructions: 20,
    });
    expect(predictions[2]?.label).toBe("unknown");
    await session.close();
    project.close();
  });

  it("lasts as long by the board's clock where that is slower than this computer's", async () => {
    const { board, session, project } = await setUp({ answerMs: 400 });
    board.install(new Uint8Array(100), "m", ["off", "on"]);
    await session.greet();
    const { predictions } = await monitor(session, 0.4, () => {});
    expect(predictions.map(({ timeMs }) => timeMs)).toEqual([50, 100, 150, 200, 250, 300, 350, 400]);
    await session.close();
    project.close();
  });
});
