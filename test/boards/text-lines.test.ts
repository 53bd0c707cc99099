import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openBoard } from "../../src-main/boards/open-board.ts";
import { LineSplitter, parseReading, ReadingDetector, usualRate } from "../../src-main/boards/text-lines.ts";
import { createProject } from "../../src-main/services/example-service.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import { steadyClock } from "../steady-clock.ts";

describe("a line of numbers", () => {
  it("is read with commas, tabs, semicolons, blanks and names", () => {
    expect(parseReading("1.5,-2,3e-2")?.values).toEqual([1.5, -2, 0.03]);
    expect(parseReading("1\t2\t3\r")?.values).toEqual([1, 2, 3]);
    expect(parseReading("0.1; 0.2;")?.values).toEqual([0.1, 0.2]);
    expect(parseReading("accX:0.1, accY: -3 accZ=7")).toEqual({
      values: [0.1, -3, 7],
      names: ["accX", "accY", "accZ"],
    });
  });

  it("is none where a part is no number", () => {
    for (const line of ["", "hello", "1,two", "1,,2x", "NaN", "0x12", "1.2.3"])
      expect(parseReading(line)).toBeNull();
  });

  it("has 32 values at most", () => {
    const numbers = (count: number): string => Array.from({ length: count }, (_, i) => i).join(",");
    expect(parseReading(numbers(32))?.values).toHaveLength(32);
    expect(parseReading(numbers(33))).toBeNull();
  });

  it("is put together from whatever pieces come, and ends with bytes that no text holds", () => {
    const splitter = new LineSplitter();
    const lines = ["1,2", "\n3,", "4\r", "\n5,6\n7"].flatMap((part) => splitter.add(Buffer.from(part)));
    expect(lines).toEqual(["1,2", "3,4", "5,6"]);
    splitter.add(Uint8Array.of(1, 0, 200));
    expect(splitter.isText).toBe(false);
  });
});

describe("finding out what a board prints", () => {
  it("measures the rate though a computer hands lines on in clumps, and takes the usual one", () => {
    const detector = new ReadingDetector();
    detector.add("Accelerometer ready", 0);
    for (let i = 0; i < 200; i++) detector.add("1,2,3", 10 + Math.ceil((i * 16.1) / 32) * 32);
    expect(detector.result(4000)).toEqual({ channels: ["ch1", "ch2", "ch3"], rateHz: 62.5 });
  });

  it("waits for more of a slow board, and says nothing of words or of changing widths", () => {
    const slow = new ReadingDetector();
    for (let i = 0; i < 3; i++) slow.add("20.5", i * 500);
    expect(slow.result(1100)).toBeNull();
    for (let i = 3; i < 8; i++) slow.add("20.5", i * 500);
    expect(slow.result(3500)?.rateHz).toBe(2);
    const other = new ReadingDetector();
    for (let i = 0; i < 50; i++) other.add(i % 2 === 0 ? "1,2" : "1,2,3", i * 20);
    expect(other.result(3000)).toBeNull();
  });

  it("keeps a rate that is no usual one", () => {
    expect(usualRate(101.7)).toBe(100);
    expect(usualRate(143.21)).toBe(143);
  });
});

describe("a board that prints numbers", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** Prints at 100 Hz; line `bad` of those after `from` is damaged on the way. */
  async function startPrinter(): Promise<{ port: string; damage(): void }> {
    let spoil = false;
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.write("Sensor ready\r\n");
      const began = performance.now();
      let line = 0;
      const timer = setInterval(() => {
        while (line < (performance.now() - began) / 10) {
          socket.write(spoil ? "0.1,oops\r\n" : `${(line % 50) / 100},${-line},9.81\r\n`);
          spoil = false;
          line++;
        }
      }, 20);
      socket.on("close", () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    ends.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const address = server.address();
    return {
      port: `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
      damage: () => {
        spoil = true;
      },
    };
  }

  it("is recorded from like any other, at its measured rate, and a damaged line is a lost sample", async () => {
    const folder = mkdtempSync(join(tmpdir(), "limpet-text-"));
    ends.push(() => rmSync(folder, { recursive: true, force: true }));
    // The rate is measured by the time between lines.
    steadyClock();
    const printer = await startPrinter();
    const session = await openBoard(printer.port, {}, readSignalFile);
    try {
      expect(session.info).toMatchObject({
        board: "text",
        name: "Board that prints numbers (ch1, ch2, ch3)",
      });
      expect(session.info.sensors[0]).toMatchObject({
        id: "serial",
        channels: ["ch1", "ch2", "ch3"],
        rates: [100],
      });
      const project = await createProject(join(folder, "p.limpet"), undefined, {});
      try {
        const request = { label: "on", seconds: 1, group: null, sensors: [] };
        const whole = await recordFromBoard(project, session, request);
        expect(whole).toMatchObject({ samples: 100, lostSamples: 0, rate: 100, seconds: 1 });
        const stream = project.recording(whole.recording).streams[0];
        const values = project.readValues(stream?.id ?? 0, 0, 100);
        const second = Array.from({ length: 100 }, (_, i) => values[i * 3 + 1] ?? 0);
        expect(second.every((value, index) => index === 0 || value === (second[index - 1] ?? 0) - 1)).toBe(
          true,
        );
        expect(values[2]).toBeCloseTo(9.81, 5);
        const later = recordFromBoard(project, session, request);
        await new Promise((resolve) => setTimeout(resolve, 300));
        printer.damage();
        expect(await later).toMatchObject({ lostSamples: 1, gaps: 1, samples: 99 });
        await expect(session.update(new Uint8Array(100))).rejects.toMatchObject({ code: "board-refused" });
      } finally {
        project.close();
      }
    } finally {
      await session.close();
    }
  });
});
