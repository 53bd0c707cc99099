/** Changed copies of windows: what each change does to samples, that it stays in its recording, that it repeats. */
import { describe, expect, it } from "vitest";
import type { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { planDataset } from "../../src-main/features/dataset-windows.ts";
import { resolveDesign } from "../../src-main/features/resolve-design.ts";
import { DeviationMeter, SignalAugmenter } from "../../src-main/features/signal-augmentation.ts";
import { Twin } from "../../src-main/features/twin.ts";
import { copiesOfWindows } from "../../src-main/features/window-copies.ts";
import { recordingSources, WindowReader } from "../../src-main/features/window-source.ts";
import { planWindows } from "../../src-main/features/windows.ts";
import { type DesignFileInput, designFile } from "../../src-shared/design.ts";
import { rejectionOf } from "../dataset/helpers.ts";
import { newProject } from "../services/learning-projects.ts";

type Change = NonNullable<NonNullable<DesignFileInput["training"]>["augmentation"]>;
type Wave = (sample: number, channel: number) => number;

const RATE = 100;

/** A project with one recording of three axes; `gap` is where 50 samples were lost. */
function projectOf(samples: number, wave: Wave, gap?: number): ProjectFile {
  const project = newProject();
  project.addRecording({
    recording: {
      name: "a.1",
      label: "a",
      group: null,
      origin: "generated",
      source: "test",
      streams: [
        {
          sensor: "accelerometer",
          channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
          rateHz: RATE,
          sampleType: "float32",
          scale: 1,
        },
      ],
    },
    data: [
      {
        samples: Float32Array.from({ length: samples * 3 }, (_, i) => wave(Math.floor(i / 3), i % 3)),
        gaps: gap === undefined ? [] : [{ atSample: gap, lostSamples: 50 }],
      },
    ],
  });
  return project;
}

/** Copies of the window with the given number, as [time][channel]. */
function copiesOf(project: ProjectFile, change: Change, window = 0, count = 40): number[][][] {
  const file = designFile.parse({
    window: { lengthMs: 1000, strideMs: 1000, short: "pad" },
    features: { block: "raw" },
    training: { augmentation: change },
  });
  const { design } = resolveDesign(file, project.recordings());
  const sources = recordingSources(project, project.recordings()[0] as never, design) ?? [];
  const planned = planWindows(
    sources.map(({ stream }) => stream),
    design.window,
  );
  const reader = new WindowReader(design, sources, "a.1");
  const meter = new DeviationMeter(design);
  for (const each of planned) meter.add(reader.read(each));
  const augmenter = new SignalAugmenter(design, design.training.augmentation as never, meter.deviations());
  return Array.from({ length: count }, (_, copy) => {
    const values = augmenter.copy(reader, planned[window] as never, window, copy);
    return Array.from({ length: values.length / 3 }, (_, i) => [...values.subarray(3 * i, 3 * i + 3)]);
  });
}

const ramp: Wave = (sample) => sample;
const firsts = (copies: number[][][]): number[] => copies.map(([first]) => first?.[0] ?? Number.NaN);

describe("changed copies of a window", () => {
  it("are the window itself where nothing is to be changed", () => {
    for (const copy of copiesOf(projectOf(300, ramp), {}, 1, 3)) {
      expect(copy.map(([x]) => x)).toEqual(Array.from({ length: 100 }, (_, i) => 100 + i));
    }
  });

  it("are shifted by whole samples, both ways and no further than allowed, with the recording's own samples", () => {
    const copies = copiesOf(projectOf(300, ramp), { timeShiftMs: 200 }, 1);
    const shifts = firsts(copies).map((first) => first - 100);
    expect(Math.min(...shifts)).toBeLessThan(-10);
    expect(Math.max(...shifts)).toBeGreaterThan(10);
    expect(Math.max(...shifts.map(Math.abs))).toBeLessThanOrEqual(20);
    for (const copy of copies) {
      expect(copy.map(([x]) => (x ?? 0) - (copy[0]?.[0] ?? 0))).toEqual(copy.map((_, i) => i));
    }
  });

  it("never reach over the ends of the recording or across a gap", () => {
    const atTheEnds = [0, 2].flatMap((window) =>
      copiesOf(projectOf(300, ramp), { timeShiftMs: 500 }, window),
    );
    expect(Math.min(...firsts(atTheEnds))).toBe(0);
    expect(Math.max(...firsts(atTheEnds))).toBe(200);
    const beforeGap = copiesOf(projectOf(300, ramp, 130), { timeShiftMs: 500, speed: 0.5 }, 0);
    const values = beforeGap.flat().map(([x]) => x ?? 0);
    expect(Math.max(...values)).toBeLessThan(130);
    expect(Math.max(...values)).toBeGreaterThan(120);
  });

  it("of a short recording move it about in silence", () => {
    const copies = copiesOf(
      projectOf(40, () => 1),
      { timeShiftMs: 200 },
    );
    const starts = copies.map((copy) => copy.findIndex(([x]) => x === 1));
    expect(new Set(starts).size).toBeGreaterThan(10);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...starts)).toBeLessThanOrEqual(50);
    for (const copy of copies) expect(copy.filter(([x]) => x === 1)).toHaveLength(40);
  });

  it("are played faster and slower: a tone changes its pitch by that factor", () => {
    const tone: Wave = (sample) => Math.sin((2 * Math.PI * 10 * sample) / RATE);
    const turns = copiesOf(projectOf(500, tone), { speed: 0.3 }, 2).map(
      (copy) => copy.filter(([x], i) => i > 0 && (x ?? 0) >= 0 && (copy[i - 1]?.[0] ?? 0) < 0).length,
    );
    expect(Math.min(...turns)).toBeLessThan(9);
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(6);
    expect(Math.max(...turns)).toBeGreaterThan(11);
    expect(Math.max(...turns)).toBeLessThanOrEqual(14);
  });

  it("are turned as a whole: lengths stay, directions turn by no more than allowed, one turn for each copy", () => {
    const copies = copiesOf(
      projectOf(100, (sample, channel) => (channel === sample % 3 ? 2 : 0)),
      { rotationDegrees: 30 },
    );
    const angles = copies.map((copy) => {
      for (const [x = 0, y = 0, z = 0] of copy) expect(Math.hypot(x, y, z)).toBeCloseTo(2, 5);
      expect(copy[3]).toEqual(copy[0]);
      return [0, 1, 2].map((axis) => (Math.acos(Math.min(1, (copy[axis]?.[axis] ?? 0) / 2)) * 180) / Math.PI);
    });
    expect(Math.max(...angles.flat())).toBeLessThanOrEqual(30.001);
    expect(Math.max(...angles.flat())).toBeGreaterThan(20);
  });

  it("have one gain each, within its range", () => {
    const gains = copiesOf(
      projectOf(100, () => 2),
      { gain: 0.25 },
    ).map((copy) => {
      expect(new Set(copy.flat()).size).toBe(1);
      return (copy[0]?.[0] ?? 0) / 2;
    });
    expect(Math.min(...gains)).toBeGreaterThanOrEqual(0.75);
    expect(Math.max(...gains)).toBeLessThanOrEqual(1.25);
    expect(Math.max(...gains) - Math.min(...gains)).toBeGreaterThan(0.3);
  });

  it("have noise of up to the wanted part of each channel's deviation, from copy to copy another level", () => {
    const square: Wave = (sample, channel) =>
      channel === 2 ? 0 : (channel + 1) * (sample % 2 === 0 ? 1 : -1);
    const copies = copiesOf(projectOf(100, square), { noise: 0.5 }, 0, 200);
    const levels = [0, 1, 2].map((channel) =>
      copies.map((copy) =>
        Math.sqrt(
          copy.reduce((sum, values, i) => sum + ((values[channel] ?? 0) - square(i, channel)) ** 2, 0) / 100,
        ),
      ),
    );
    expect(Math.max(...(levels[0] ?? []))).toBeLessThan(0.9);
    expect(Math.max(...(levels[0] ?? []))).toBeGreaterThan(0.3);
    expect(Math.min(...(levels[0] ?? []))).toBeLessThan(0.02);
    expect(Math.max(...(levels[1] ?? []))).toBeGreaterThan(0.6);
    expect(Math.max(...(levels[2] ?? []))).toBe(0);
  });

  it("depend on seed, window and copy alone", () => {
    const change: Change = { noise: 0.2, gain: 0.1, timeShiftMs: 100, speed: 0.1, rotationDegrees: 20 };
    const wave: Wave = (sample, channel) => Math.sin(sample / 3 + channel);
    const copies = copiesOf(projectOf(300, wave), change, 1, 3);
    expect(copiesOf(projectOf(300, wave), change, 1, 3)).toEqual(copies);
    expect(copies[0]).not.toEqual(copies[1]);
  });
});

describe("features of copies", () => {
  const setUp = (training: DesignFileInput["training"], channels: string[]) => {
    const project = projectOf(300, (sample, channel) => Math.sin(sample / 3 + channel));
    const { design } = resolveDesign(
      designFile.parse({
        window: { lengthMs: 1000, strideMs: 1000 },
        channels,
        features: { block: "raw" },
        training,
      }),
      project.recordings(),
    );
    return { project, design, windows: planDataset(project, design).flatMap(({ windows }) => windows) };
  };

  it("are the front end's, so many for every window", async () => {
    const { project, design, windows } = setUp({ augmentation: { copies: 3, gain: 0.5 } }, ["accY"]);
    const copies = await copiesOfWindows(project, await Twin.load(), design, windows);
    expect(copies?.each).toBe(3);
    expect(copies?.features).toHaveLength(3 * 3 * 100);
    for (let at = 0; at < 9; at++) {
      const gain = (copies?.features[at * 100 + 5] ?? 0) / Math.sin((Math.floor(at / 3) * 100 + 5) / 3 + 1);
      expect(Math.abs(gain - 1)).toBeLessThanOrEqual(0.5);
    }
  });

  it("are not made where the samples are not to be changed", async () => {
    const { project, design, windows } = setUp({ augmentation: { copies: 3, masking: 0.2 } }, ["accX"]);
    expect(await copiesOfWindows(project, await Twin.load(), design, windows)).toBeNull();
  });

  it("cannot be turned without three axes", async () => {
    const { project, design, windows } = setUp({ augmentation: { rotationDegrees: 10 } }, ["accX", "accY"]);
    const error = await rejectionOf(
      "invalid-design",
      copiesOfWindows(project, await Twin.load(), design, windows),
    );
    expect(error.field).toBe("training.augmentation.rotationDegrees");
  });
});
