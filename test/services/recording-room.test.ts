/** How long a disk lasts, against what recordings really take in a project file. */
import { mkdirSync, rmdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { SensorDescription } from "../../src-main/boards/link/hello.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { bytesPerSecond, recordingRoom } from "../../src-main/services/recording-room.ts";
import { streamOf } from "../../src-main/services/recording-service.ts";
import type { ChosenSensor } from "../../src-main/services/sample-recorder.ts";
import { recordingOf, temporaryFolder } from "../dataset/helpers.ts";

const sensor = (more: Partial<SensorDescription>): SensorDescription => ({
  id: "accelerometer",
  kind: "accelerometer",
  sampleType: "int16",
  resolution: 0.001,
  unit: "g",
  channels: ["x", "y", "z"],
  rates: [1600],
  ...more,
});
const chosen = (rateHz: number, more: Partial<SensorDescription> = {}): ChosenSensor => ({
  index: 0,
  sensor: sensor(more),
  rateHz,
});

describe("room for recordings", () => {
  it("counts channels, rates and kinds of sample of all sensors together", () => {
    const one = bytesPerSecond([chosen(1600)]);
    expect(bytesPerSecond([chosen(800)])).toBeCloseTo(one / 2);
    expect(bytesPerSecond([chosen(1600, { sampleType: "float32" })])).toBeCloseTo(one * 2);
    expect(bytesPerSecond([chosen(1600), chosen(1600, { channels: ["w"] })])).toBeCloseTo((one * 4) / 3);
  });

  it("is what a minute of sound and vibration really takes, and rather more than less", () => {
    const path = join(temporaryFolder(), "p.limpet");
    const sensors = [chosen(1600), chosen(16_000, { id: "microphone", channels: ["sound"] })];
    const project = ProjectFile.create(path);
    project.close();
    const before = statSync(path).size;
    const open = ProjectFile.open(path);
    const writer = open.beginRecording(recordingOf("m.1", "m", sensors.map(streamOf)));
    for (let second = 0; second < 60; second++) {
      sensors.forEach(({ rateHz, sensor: { channels } }, index) => {
        const samples = Int16Array.from(
          { length: rateHz * channels.length },
          (_, i) => ((i + second) * 7919) % 30_011,
        );
        writer.append(index, { samples: rateHz, data: samples }, BigInt(second) * 1_000_000n);
      });
    }
    writer.finish({ incomplete: false });
    open.close();
    const took = (statSync(path).size - before) / 60;
    const said = bytesPerSecond(sensors);
    expect(said).toBeGreaterThan(took);
    expect(said).toBeLessThan(took * 1.12);
  });

  it("is the free space of the project's own disk, less a little that is spared", async () => {
    const folder = temporaryFolder();
    const { bavail, bsize } = statfsSync(folder);
    const room = await recordingRoom(join(folder, "p.limpet"), [chosen(1600)]);
    expect(room.freeBytes).toBeLessThan(bavail * bsize + 32e6);
    expect(room.freeBytes).toBeGreaterThan(bavail * bsize * 0.5 - 64e6);
    expect(room.seconds).toBeCloseTo(room.freeBytes / room.bytesPerSecond);
  });

  it("says which folder is gone, as when a stick is pulled", async () => {
    const folder = join(temporaryFolder(), "stick");
    mkdirSync(folder);
    rmdirSync(folder);
    await expect(recordingRoom(join(folder, "p.limpet"), [chosen(1600)])).rejects.toMatchObject({
      code: "not-found",
      field: folder,
    });
  });
});
