/** What a search is made of: designs drawn, figures ranked, rooms of boards. */
import { describe, expect, it } from "vitest";
import { describedBoards } from "../../src-main/deployment/board-description.ts";
import type { RecordingWindows } from "../../src-main/features/dataset-windows.ts";
import { foldsOf, planOfFold } from "../../src-main/services/tune-folds.ts";
import { overrun, roomOf } from "../../src-main/services/tune-limits.ts";
import { clusteredError, isProgress, ranked, smallestEqual } from "../../src-main/services/tune-ranking.ts";
import { DesignSource, type Draft, nameOf } from "../../src-main/services/tune-space.ts";
import { designFile } from "../../src-shared/design.ts";
import { errorOf } from "../dataset/helpers.ts";

const figures = (accuracy: number, loss: number) => ({
  accuracy,
  accuracyError: 0.02,
  loss,
  lossError: 0.05,
});
const model = (accuracy: number, crossAccuracy: number | null, bytes: number, loss = 0.2) => ({
  ...figures(accuracy, loss),
  cross: crossAccuracy === null ? null : figures(crossAccuracy, loss),
  bytes,
});

describe("ranking", () => {
  it("puts the more accurate first, of equals the better on other divisions, and of equals in that the smaller", () => {
    const best = model(0.95, 0.5, 99);
    const big = model(0.9, 0.9, 20);
    const small = model(0.9, 0.89, 10);
    const worse = model(0.9, 0.8, 1);
    const unsure = model(0.9, 0.9, 1, 0.3);
    expect(ranked([worse, unsure, big, small, best])).toEqual([best, small, big, unsure, worse]);
  });

  it("goes by the loss where a second opinion is missing", () => {
    const sure = model(0.9, null, 20, 0.1);
    const unsure = model(0.9, 1, 10, 0.3);
    const small = model(0.9, 0.1, 5, 0.12);
    expect(ranked([unsure, sure, small])).toEqual([small, sure, unsure]);
  });

  it("recommends the smallest within one standard error of the best, never below the floor", () => {
    const best = model(0.95, 0.95, 100);
    const near = model(0.94, null, 50);
    const tiny = model(0.92, null, 10);
    const lucky = model(0.95, 0.9, 5);
    expect(smallestEqual([best, lucky, near, tiny], 0)).toBe(near);
    expect(smallestEqual([best, lucky, near, tiny], 0.945)).toBe(best);
    expect(smallestEqual([best], 0.99)).toBe(best);
  });

  it("counts as progress what is more than a hair", () => {
    const before = model(0.9, 0.9, 100);
    expect(isProgress(before, before)).toBe(false);
    expect(isProgress(model(0.9, 0.9, 95), before)).toBe(false);
    expect(isProgress(model(0.9, 0.9, 80), before)).toBe(true);
    expect(isProgress(model(0.9, 0.91, 200), before)).toBe(true);
  });

  it("takes recordings and not windows as drawn: windows that are copies of each other prove nothing more", () => {
    const recordings = [1, 2, 3, 4, 5, 6];
    const right = [1, 1, 0, 1, 0, 1];
    const once = clusteredError(right, recordings);
    const tenfold = clusteredError(
      right.flatMap((value) => new Array<number>(10).fill(value)),
      recordings.flatMap((value) => new Array<number>(10).fill(value)),
    );
    expect(tenfold).toBeCloseTo(once, 12);
    // Windows each of a recording of their own: the sample's standard error of a mean.
    const p = 4 / 6;
    expect(once).toBeCloseTo(Math.sqrt((p * (1 - p)) / 5), 12);
    expect(clusteredError([1, 0], [1, 1])).toBe(0);
  });
});

/** Recordings with windows, as far as folds look at them. */
const planned = (rows: readonly (readonly [label: string, group: string | null, split: string])[]) =>
  rows.map(([label, group, split], index) => ({
    recording: { id: index + 1, label, group, split },
    windows: [{ startMs: 0, starts: [0], split }],
  })) as unknown as RecordingWindows[];

describe("other divisions", () => {
  const rows = ["a", "b"].flatMap((label) =>
    Array.from(
      { length: 6 },
      (_, i) => [label, `g${i % 3}`, i < 4 ? "train" : i < 5 ? "validation" : "test"] as const,
    ),
  );

  it("spread each label over all folds, leave the test out, and are the same with the same seed", () => {
    const plan = planned(rows);
    const folds = foldsOf(plan, { by: "recording", seed: 1 }, "classification");
    expect(folds?.count).toBe(4);
    expect(folds?.of.size).toBe(10);
    expect(foldsOf(plan, { by: "recording", seed: 1 }, "classification")).toEqual(folds);
    if (folds === null) return;
    const validated = [0, 1, 2, 3].flatMap((fold) => {
      const part = planOfFold(plan, folds, fold);
      expect(part).toHaveLength(10);
      const held = part.filter(({ windows }) => windows[0]?.split === "validation");
      expect(new Set(held.map(({ recording }) => recording.label))).toEqual(new Set(["a", "b"]));
      return held.map(({ recording }) => recording.id);
    });
    expect(validated.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 10, 11]);
  });

  it("keep groups together where the project is divided by group, and are none where there are too few", () => {
    const plan = planned(rows);
    const folds = foldsOf(plan, { by: "group", seed: 1 }, "classification");
    expect(folds?.count).toBe(3);
    for (const { recording } of plan.filter(({ recording: { split } }) => split !== "test")) {
      const other = plan.find((row) => row.recording.group === recording.group);
      expect(folds?.of.get(recording.id)).toBe(folds?.of.get(other?.recording.id ?? 0));
    }
    expect(foldsOf(planned(rows.slice(5, 7)), { by: "recording", seed: 1 }, "classification")).toBeNull();
    expect(foldsOf(plan, { by: "window", seed: 1 }, "classification")).toBeNull();
  });

  it("take values to predict as one", () => {
    const values = planned(["1", "2", "3", "4", "5"].map((label) => [label, null, "train"] as const));
    expect(foldsOf(values, { by: "recording", seed: 1 }, "regression")?.count).toBe(4);
    expect(foldsOf(values, { by: "recording", seed: 1 }, "classification")).toBeNull();
  });
});

const drawn = (draft: Draft, rates: Record<string, number>, seed: number, shortMs = 30_000): Draft[] => {
  const source = new DesignSource({ rates: new Map(Object.entries(rates)), shortMs }, seed);
  source.take(draft);
  return Array.from({ length: 150 }, () => source.draw([draft])).filter((found) => found !== null);
};

const vibration = designFile.parse({
  window: { lengthMs: 2000, strideMs: 1000 },
  inputs: [{ sensor: "accelerometer", features: { block: "spectral", fftLength: 128, bands: 32 } }],
  network: { kind: "dense", units: [32, 16], dropout: 0.1 },
}) as Draft;

describe("designs drawn", () => {
  it("are valid, none twice, the same with the same seed, and change windows, features and networks", () => {
    const found = drawn(vibration, { accelerometer: 200 }, 1);
    expect(found).toHaveLength(150);
    for (const draft of found) expect(designFile.safeParse(draft).success).toBe(true);
    expect(new Set(found.map((draft) => JSON.stringify(draft))).size).toBe(150);
    expect(drawn(vibration, { accelerometer: 200 }, 1)).toEqual(found);
    expect(drawn(vibration, { accelerometer: 200 }, 2)).not.toEqual(found);
    const kinds = (of: (draft: Draft) => unknown) => new Set(found.map((draft) => JSON.stringify(of(draft))));
    expect(kinds(({ window }) => window.lengthMs).size).toBeGreaterThan(3);
    expect(kinds(({ inputs }) => inputs[0]?.features).size).toBeGreaterThan(10);
    expect(kinds(({ network }) => network).size).toBeGreaterThan(10);
    expect(found.some(({ network }) => network.kind === "conv1d")).toBe(true);
    // Half of a window stays its stride.
    for (const { window } of found) expect(window.strideMs / window.lengthMs).toBeCloseTo(0.5, 2);
  });

  it("have no window longer than the recordings, and raw samples only without an anomaly score", () => {
    const short = drawn(vibration, { accelerometer: 200 }, 1, 2500);
    for (const { window } of short) expect(window.lengthMs).toBeLessThanOrEqual(2500);
    const scored = { ...vibration, anomaly: { quantile: 0.99, margin: 1.1 } };
    const blocks = drawn(scored, { accelerometer: 200 }, 1).map(({ inputs }) => inputs[0]?.features.block);
    expect(new Set(blocks)).toEqual(new Set(["spectral"]));
  });

  it("of several sensors keep all of them, each at its own rate", () => {
    const both = designFile.parse({
      inputs: [
        { sensor: "accelerometer", features: { block: "spectral" } },
        { sensor: "temperature", features: { block: "raw" } },
      ],
    }) as Draft;
    for (const draft of drawn(both, { accelerometer: 1600, temperature: 4 }, 1)) {
      expect(draft.inputs.map(({ sensor }) => sensor)).toEqual(["accelerometer", "temperature"]);
      expect(draft.inputs[1]?.features).toEqual({ block: "raw", scale: 1, decimation: 1 });
      expect(draft.network.kind).toBe("dense");
    }
  });

  it("of sound step by whole frames, and lose what only log-mel features can be changed by", () => {
    const word = designFile.parse({
      window: { lengthMs: 1000, strideMs: 240, short: "pad" },
      inputs: [{ sensor: "microphone", features: { block: "log-mel", windowNormalisation: "range" } }],
      normalisation: "none",
      network: { kind: "ds-cnn" },
      training: { augmentation: { noise: 0.5, tempo: 0.8, frequencyWarp: 0.25 } },
    }) as Draft;
    const found = drawn(word, { microphone: 8000 }, 1);
    for (const { inputs, training, window } of found) {
      const features = inputs[0]?.features;
      if (features?.block === "mfcc") {
        expect(training.augmentation).toMatchObject({ tempo: 0, frequencyWarp: 0 });
        expect(features.windowNormalisation).not.toBe("range");
      }
      expect(window.strideMs).toBeGreaterThan(0);
    }
    expect(found.some(({ inputs }) => inputs[0]?.features.block === "mfcc")).toBe(true);
  });

  it("are named by what they are", () => {
    expect(nameOf(vibration)).toBe("spectral 128/32, 2000 ms, dense 32-16, dropout 0.1");
  });
});

describe("the room of a board", () => {
  it("is the board's, made tighter by what is allowed", () => {
    const room = roomOf("nano-33-ble", { ramKb: 20, latencyMs: 5 });
    expect(room.most).toEqual({ ram: 20 * 1024, flash: 258_048, latencyMs: 5 });
    // 64 MHz, 1.5 cycles for an instruction.
    expect(room.latencyOf(64_000)).toBeCloseTo(1.5, 9);
    expect(overrun(room, { ram: 20_480, flash: 1000, latencyMs: 5 })).toBeNull();
    expect(overrun(room, { ram: 20_481, flash: 1000, latencyMs: 5 })).toContain("RAM");
    expect(overrun(room, { ram: 1, flash: 258_049, latencyMs: 5 })).toContain("flash");
    expect(overrun(room, { ram: 1, flash: 1, latencyMs: 5.1 })).toContain("ms for a window");
    errorOf("usage", () => roomOf("../boards/virtual"));
  });

  it("is known of every board that firmware is built for", () => {
    const known = describedBoards().filter(({ limits }) => limits !== null);
    expect(known.map(({ board }) => board)).toEqual([
      "microbit-v2",
      "nano-33-ble",
      "virtual",
      "xiao-nrf52840-sense",
    ]);
  });
});
