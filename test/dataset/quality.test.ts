import { describe, expect, it } from "vitest";
import { recordingFindings, SignalStatistics } from "../../src-main/dataset/quality.ts";
import type { NewStream } from "../../src-main/dataset/types.ts";
import { accelerometer } from "./helpers.ts";

const mono: NewStream = { ...accelerometer, channels: [{ name: "accX", unit: "g" }] };
const sound: NewStream = {
  sensor: "microphone",
  channels: [{ name: "audio", unit: "" }],
  rateHz: 8000,
  sampleType: "int16",
  scale: 1 / 32768,
};

function kindsOf(stream: NewStream, value: (i: number) => number, samples = 8000): string[] {
  const statistics = new SignalStatistics(stream);
  const make = (from: number, to: number) =>
    stream.sampleType === "int16"
      ? Int16Array.from({ length: to - from }, (_, i) => value(from + i))
      : Float32Array.from({ length: to - from }, (_, i) => value(from + i));
  // In pieces of odd lengths, as they come from a board.
  for (let at = 0; at < samples; at += 777) statistics.add(make(at, Math.min(samples, at + 777)));
  return statistics.findings().map((finding) => finding.kind);
}

const noise = (i: number): number =>
  Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453) - 0.5;
const clip = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

describe("quality checks", () => {
  it("find nothing wrong with a good signal", () => {
    expect(kindsOf(mono, (i) => 1000 + 200 * Math.sin(i / 5) + 30 * noise(i))).toEqual([]);
    expect(kindsOf(sound, (i) => 5000 * Math.sin(i / 9) + 300 * noise(i))).toEqual([]);
    expect(kindsOf({ ...mono, sampleType: "float32", scale: 1 }, (i) => 1 + 0.05 * noise(i))).toEqual([]);
  });

  it("find a signal that is cut off at the type's limit", () => {
    expect(kindsOf(sound, (i) => clip(60_000 * Math.sin(i / 9), 32_767))).toEqual(["clipped"]);
  });

  it("find a sensor that is cut off at its range", () => {
    expect(
      kindsOf({ ...mono, sampleType: "float32", scale: 1 }, (i) =>
        clip(3 * Math.sin(i / 7) + 0.1 * noise(i), 2),
      ),
    ).toEqual(["clipped"]);
  });

  it("do not take a weak signal of few steps for a cut one", () => {
    expect(kindsOf(mono, (i) => Math.round(2 * noise(i) * 2))).not.toContain("clipped");
  });

  it("find a channel that never changes and one that stops for a while", () => {
    expect(kindsOf(mono, () => 980)).toEqual(["stuck"]);
    expect(kindsOf(mono, (i) => (i > 3000 && i < 3400 ? 5 : 500 * noise(i)))).toEqual(["stuck"]);
  });

  it("find sound that is too quiet or off zero", () => {
    expect(kindsOf(sound, (i) => Math.round(10 * noise(i)))).toEqual(["quiet"]);
    expect(kindsOf(sound, (i) => 4000 + 3000 * noise(i))).toEqual(["offset"]);
    expect(kindsOf(mono, (i) => 1000 + (i % 2))).toEqual(["quiet"]);
  });

  it("find an accelerometer whose mean is more than gravity, in g and in metres per second squared", () => {
    const resting = (g: number, unit: string, scale: number) => {
      const stream = {
        ...accelerometer,
        channels: accelerometer.channels.map(({ name }) => ({ name, unit })),
        scale,
      };
      const statistics = new SignalStatistics(stream);
      const data = Int16Array.from(
        { length: 3000 },
        (_, i) => (i % 3 === 2 ? (g * 9.80665) / scale : 0) + 40 * noise(i),
      );
      const inG = Int16Array.from({ length: 3000 }, (_, i) => (i % 3 === 2 ? g / scale : 0) + 40 * noise(i));
      statistics.add(unit === "g" ? inG : data);
      return statistics.findings().map(({ kind }) => kind);
    };
    expect(resting(1.02, "g", 0.001)).toEqual([]);
    expect(resting(1.02, "m/s2", 0.01)).toEqual([]);
    // Gravity may have been taken off.
    expect(resting(0, "g", 0.001)).toEqual([]);
    expect(resting(1.9, "g", 0.001)).toEqual(["offset"]);
    expect(resting(9.8, "g", 0.001)).toEqual(["offset"]);
    expect(resting(1.9, "m/s2", 0.01)).toEqual(["offset"]);
  });

  it("say what is wrong, where, and what to do", () => {
    const statistics = new SignalStatistics(mono);
    statistics.add(new Int16Array(500).fill(980));
    expect(statistics.findings()[0]?.message).toBe(
      "accX never changes (always 0.98 g): check that the sensor is connected.",
    );
    const [lost, short] = recordingFindings({
      seconds: 0.4,
      incomplete: false,
      origin: "board",
      streams: [{ sensor: "accelerometer", samples: 963, lostSamples: 37, gaps: 2 }],
    });
    expect(lost?.message).toContain("37 samples were lost on accelerometer (3.7 %) in 2 places");
    expect(short).toMatchObject({ kind: "short", level: "info", message: "Only 0.4 s long." });
  });
});
