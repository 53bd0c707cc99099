/** The same faults with the real firmware in QEMU at the other end of the line. */
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readFirmwareImage } from "../../src-main/boards/firmware-image.ts";
import { findQemu } from "../../src-main/boards/qemu-process.ts";
import { VirtualTransport } from "../../src-main/boards/transports/virtual.ts";
import { VirtualRelay } from "../../src-main/boards/virtual-relay.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { BoardsService } from "../../src-main/services/boards-service.ts";
import { readSignalFile } from "../../src-main/services/project-service.ts";
import { recordFromBoard } from "../../src-main/services/recording-service.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { until } from "../waiting.ts";
import { expectedRanges, FaultProxy } from "./fault-proxy.ts";
import { seededRandom } from "./random.ts";
import { requireSound, storedRanges } from "./verify.ts";

const missing = whatIsMissing();
if (missing !== null) console.warn(`SKIPPED: faults with the virtual board (${missing})`);

function whatIsMissing(): string | null {
  if (findQemu() === null) return "QEMU is not installed";
  try {
    readFirmwareImage("virtual");
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

describe.skipIf(missing !== null)("the firmware behind a bad line", () => {
  it("is recorded with exact gaps, also where the line breaks off and comes back", async () => {
    const folder = temporaryFolder();
    const relay = await VirtualRelay.start(new VirtualTransport({ flashPath: join(folder, "flash") }), 0);
    cleanups.push(() => relay.close());
    const boardPort = Number(new URL(relay.port.replace("tcp:", "http:")).port);
    const proxy = await FaultProxy.start({ boardPort, random: seededRandom(9), faults: 0.1 });
    cleanups.push(() => proxy.close());
    const project = ProjectFile.create(join(folder, "p.limpet"));
    cleanups.push(() => project.close());
    const service = new BoardsService(readSignalFile);
    cleanups.push(() => service.disconnect());
    await service.connect(proxy.port);
    const seconds = 6;
    const rateHz = service.session.hello.sensors[0]?.rates[0] ?? 0;
    const recording = service.exclusively((session, reconnect) =>
      recordFromBoard(project, session, { label: "fan", seconds, group: null, sensors: [] }, { reconnect }),
    );
    await until(() => (proxy.passed.at(-1)?.first ?? 0) > 0.4 * seconds * rateHz);
    proxy.breakLine();
    const result = await recording;
    const [stream] = project.streams(result.recording);
    if (stream === undefined) throw new Error("there is no stream");
    const wanted = seconds * stream.rateHz;
    expect(stream.samples + stream.lostSamples).toBe(wanted);
    expect(storedRanges(project, stream)).toEqual(expectedRanges(proxy.passed, 0, wanted));
    console.info(`${proxy.total} faults, ${stream.gaps} gaps of ${stream.lostSamples} samples`);
    project.close();
    requireSound(project.path);
  });
});
