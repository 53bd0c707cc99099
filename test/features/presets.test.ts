import { describe, expect, it } from "vitest";
import { checkFeatures } from "../../src-main/features/check-design.ts";
import { presetDesign, presetsFor, vibrationWindowMs } from "../../src-main/features/presets.ts";
import { parseDesignFile, resolveDesign } from "../../src-main/features/resolve-design.ts";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { designFile, PRESET_NAMES } from "../../src-shared/design.ts";
import { errorOf } from "../dataset/helpers.ts";

type Sensor = { readonly sensor: string; readonly rateHz: number; readonly channels: readonly string[] };

/** Recordings of two classes with these sensors. */
const recordings = (seconds: number, ...sensors: Sensor[]): RecordingInfo[] =>
  ["a", "b", "a", "b"].map((label, index) => ({
    id: index + 1,
    name: `${label}.${index}`,
    label,
    group: null,
    notes: "",
    machine: "",
    mount: "",
    photo: null,
    origin: "import",
    source: "",
    createdAt: "",
    seconds,
    excluded: false,
    incomplete: false,
    split: "train",
    quality: [],
    streams: sensors.map(({ sensor, rateHz, channels }, place) => ({
      id: 10 * index + place,
      recordingId: index + 1,
      sensor,
      channels: channels.map((name) => ({ name, unit: "" })),
      rateHz,
      sampleType: "float32",
      scale: 1,
      samples: Math.round(seconds * rateHz),
      lostSamples: 0,
      gaps: 0,
    })),
  }));

const accelerometer = (rateHz: number): Sensor => ({
  sensor: "accelerometer",
  rateHz,
  channels: ["accX", "accY", "accZ"],
});
const gyroscope = (rateHz: number): Sensor => ({
  sensor: "gyroscope",
  rateHz,
  channels: ["gyrX", "gyrY", "gyrZ"],
});
const microphone = (rateHz: number): Sensor => ({ sensor: "microphone", rateHz, channels: ["audio"] });
const classes = { task: "classification" } as const;
const values = { task: "regression" } as const;

describe("presets", () => {
  it("can be computed at every rate and length of recordings", () => {
    for (const rate of [
      1, 10, 25, 50, 62.5, 100, 200, 400, 833, 1600, 3332, 6660, 8000, 12_000, 16_000, 26_660, 48_000,
    ]) {
      for (const seconds of [0.15, 0.5, 1, 3, 10, 60]) {
        if (rate * seconds < 16) continue;
        const list = recordings(seconds, accelerometer(rate), microphone(Math.max(4000, rate)));
        for (const name of PRESET_NAMES) {
          const task = name === "sine" ? values : classes;
          const file = presetDesign(name, list, task);
          expect(designFile.safeParse(file).success).toBe(true);
          const problems = checkFeatures(resolveDesign(file, list));
          expect([name, rate, seconds, problems]).toEqual([name, rate, seconds, []]);
          const held = (Math.round(seconds * rate) / rate) * 1000;
          if (name === "vibration") expect(file.window.lengthMs).toBeLessThanOrEqual(held + 1e-6);
        }
      }
    }
  });

  it("fit their window to the rate", () => {
    expect([200, 1600, 3200, 6660, 12_000, 48_000].map((rate) => vibrationWindowMs(rate, 30))).toEqual([
      2000, 2000, 1000, 500, 250, 250,
    ]);
    expect(vibrationWindowMs(10, 60)).toBe(16_000);
    expect(vibrationWindowMs(200, 1)).toBe(500);
  });

  it("say for which recordings they are", () => {
    const fitting = (list: RecordingInfo[], goal: Parameters<typeof presetsFor>[1] = classes): string[] =>
      presetsFor(list, goal)
        .filter(({ fits }) => fits)
        .map(({ name }) => name);
    expect(fitting(recordings(30, accelerometer(200)))).toEqual(["vibration"]);
    expect(fitting(recordings(1, microphone(16_000)))).toEqual(["keyword"]);
    expect(fitting(recordings(5, microphone(12_000)))).toEqual(["vibration"]);
    expect(fitting(recordings(10, accelerometer(50), gyroscope(50)))).toEqual(["gesture"]);
    expect(fitting(recordings(10, accelerometer(50)), values)).toEqual(["sine"]);
    expect(fitting([])).toEqual([]);
  });

  it("of unknown name are refused", () => {
    expect(errorOf("usage", () => presetDesign("sound", [], classes)).hint).toContain("vibration");
  });
});

describe("a design resolved against recordings", () => {
  const list = recordings(10, accelerometer(50), gyroscope(50));

  it("names sensor, rate and channels of every input, in the order that was asked for", () => {
    const { design } = resolveDesign(
      designFile.parse({ channels: ["gyrY", "accZ", "accX"], features: { block: "raw" } }),
      list,
    );
    expect(
      design.inputs.map(({ sensor, channels, channelIndices }) => [sensor, channels, channelIndices]),
    ).toEqual([
      ["gyroscope", ["gyrY"], [1]],
      ["accelerometer", ["accZ", "accX"], [2, 0]],
    ]);
  });

  it("takes all channels of the first sensor where nothing is named", () => {
    const { design } = resolveDesign(designFile.parse({}), list);
    expect(design.inputs).toMatchObject([
      { sensor: "accelerometer", rateHz: 50, channels: ["accX", "accY", "accZ"] },
    ]);
    expect(design.inputs[0]?.features).toMatchObject({ block: "spectral", fftLength: 128, bands: 16 });
  });

  it("leaves out recordings that lack an input, and counts them", () => {
    const mixed = [
      ...list,
      ...recordings(10, accelerometer(50)).map((one) => ({ ...one, id: one.id + 100 })),
    ];
    const file = designFile.parse({
      inputs: [
        { sensor: "accelerometer", features: { block: "raw" } },
        { sensor: "gyroscope", features: { block: "raw" } },
      ],
    });
    expect(resolveDesign(file, mixed)).toMatchObject({ without: 4, recordings: { length: 4 } });
  });

  it("takes clocks that differ a little for one rate, and refuses others", () => {
    const other = (rate: number): RecordingInfo[] => [...list, ...recordings(10, accelerometer(rate))];
    expect(resolveDesign(designFile.parse({}), other(50.1)).design.inputs[0]?.rateHz).toBe(50);
    expect(errorOf("invalid-design", () => resolveDesign(designFile.parse({}), other(52))).message).toContain(
      "52 Hz",
    );
  });

  it("is refused by the path of what is wrong in its file", () => {
    for (const [value, field] of [
      [{ window: { lengthMs: -1 } }, "window.lengthMs"],
      [{ inputs: [{ sensor: "x", features: { block: "raw" } }], channels: ["a"] }, "inputs"],
      [{ inputs: [{ sensor: "x", features: { block: "fourier" } }] }, "inputs.0.features.block"],
      [{ features: { block: "raw", speed: 1 } }, "features.speed"],
      [[], ""],
    ] as const) {
      expect(errorOf("invalid-design", () => parseDesignFile(value)).field).toBe(field);
    }
  });
});
