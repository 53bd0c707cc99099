import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { OVERVIEW_SAMPLES } from "../../src-main/dataset/waveform.ts";
import { accelerometer, recordingOf, temporaryFolder } from "./helpers.ts";

const sound = {
  ...accelerometer,
  sensor: "microphone",
  channels: [{ name: "audio", unit: "" }],
  rateHz: 16_000,
  scale: 0.5,
};

function soundProject(samples: number): { project: ProjectFile; stream: number; data: Int16Array } {
  const project = ProjectFile.create(join(temporaryFolder(), "s.limpet"));
  const data = Int16Array.from({ length: samples }, (_, i) =>
    Math.round(8000 * Math.sin(i / 5000) + ((i * 7919) % 501)),
  );
  const { streams } = project.addRecording({
    recording: recordingOf("a", "a", [sound]),
    data: [{ samples: data, gaps: [] }],
  });
  return { project, stream: streams[0]?.id ?? 0, data };
}

describe("a waveform", () => {
  it("of few samples is exact", () => {
    const { project, stream, data } = soundProject(50_000);
    const { channels, ...rest } = project.waveform(stream, 1000, 2000, 100);
    expect(rest).toMatchObject({ startSample: 1000, endSample: 2000, rateHz: 16_000 });
    for (let bucket = 0; bucket < 100; bucket++) {
      const part = data.slice(1000 + bucket * 10, 1010 + bucket * 10);
      expect(channels[0]?.min[bucket]).toBe(Math.min(...part) * 0.5);
      expect(channels[0]?.max[bucket]).toBe(Math.max(...part) * 0.5);
    }
    project.close();
  });

  it("has no more buckets than samples, and none at all beyond the end", () => {
    const { project, stream } = soundProject(1000);
    expect(project.waveform(stream, 0, 7, 100).channels[0]?.min).toHaveLength(7);
    expect(project.waveform(stream, 5000, null, 100).channels[0]?.min).toEqual([]);
    project.close();
  });

  it.each([
    [300_000, 100],
    [2_000_000, 50],
    [2_000_000, 1000],
  ])(
    "of %d samples in %d buckets misses no extreme and moves none by more than a stored bucket",
    (samples, buckets) => {
      const { project, stream, data } = soundProject(samples);
      // A spike of one sample must show wherever it is.
      const { channels } = project.waveform(stream, 0, null, buckets);
      const width = samples / buckets;
      const slack = width >= 2 * OVERVIEW_SAMPLES ? OVERVIEW_SAMPLES : 64;
      for (let bucket = 0; bucket < buckets; bucket++) {
        const [from, to] = [Math.ceil(bucket * width), Math.ceil((bucket + 1) * width)];
        const extreme = (a: number, b: number) => {
          let [low, high] = [Infinity, -Infinity];
          for (let i = Math.max(0, a); i < Math.min(samples, b); i++) {
            low = Math.min(low, data[i] as number);
            high = Math.max(high, data[i] as number);
          }
          return { low: low * 0.5, high: high * 0.5 };
        };
        const own = extreme(from, to);
        const around = extreme(from - slack, to + slack);
        expect(channels[0]?.min[bucket]).toBeLessThanOrEqual(own.low);
        expect(channels[0]?.min[bucket]).toBeGreaterThanOrEqual(around.low);
        expect(channels[0]?.max[bucket]).toBeGreaterThanOrEqual(own.high);
        expect(channels[0]?.max[bucket]).toBeLessThanOrEqual(around.high);
      }
      project.close();
    },
  );

  it("of an hour of sound shows its lowest and highest sample at any zoom", () => {
    const { project, stream, data } = soundProject(16_000 * 3600);
    let slowest = 0;
    for (const seconds of [3600, 600, 60, 1]) {
      const start = performance.now();
      const { channels } = project.waveform(stream, 0, 16_000 * seconds, 1000);
      slowest = Math.max(slowest, performance.now() - start);
      let [low, high] = [Infinity, -Infinity];
      for (const value of data.subarray(0, 16_000 * seconds)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      expect(channels[0]?.min).toHaveLength(1000);
      expect(Math.min(...(channels[0]?.min ?? []))).toBe(low * 0.5);
      expect(Math.max(...(channels[0]?.max ?? []))).toBe(high * 0.5);
    }
    console.info(`slowest zoom into an hour at 16 kHz: ${slowest.toFixed(1)} ms`);
    project.close();
  });
});
