/** Small projects to learn from, generated: rotating parts that are told apart by their spectrum, whatever the board's tilt. */
import { join } from "node:path";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import type { NewStream } from "../../src-main/dataset/types.ts";
import { type DesignFile, type DesignFileInput, designFile } from "../../src-shared/design.ts";
import { temporaryFolder } from "../dataset/helpers.ts";

export const RATE = 200;

/** Uniform noise from -1 to 1 (Numerical Recipes' linear congruence). */
export function noiseFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

export const axes: NewStream = {
  sensor: "accelerometer",
  channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
  rateHz: RATE,
  sampleType: "int16",
  scale: 0.001,
};

export const CLASSES: Readonly<Record<string, number>> = { slow: 12, fast: 31, rough: 67 };

/** Acceleration of a part that turns at `hz`, with gravity along a direction that `tilt` names, as int16 counts of mg. */
export function turning(hz: number, seconds: number, tilt: number, seed: number): Int16Array {
  const noise = noiseFrom(seed);
  const phase = noise() * Math.PI;
  const gravity = [Math.sin(tilt), 0.1, Math.cos(tilt)];
  return Int16Array.from({ length: Math.round(seconds * RATE) * 3 }, (_, i) => {
    const angle = (2 * Math.PI * hz * Math.floor(i / 3)) / RATE + phase + (i % 3);
    return Math.round(1000 * ((gravity[i % 3] as number) + 0.2 * Math.sin(angle) + 0.05 * noise()));
  });
}

export type Take = {
  readonly label: string;
  readonly take: number;
  readonly hz: number;
  readonly seconds?: number;
  readonly tilt?: number;
  readonly group?: string | null;
};

export function addTake(
  project: ProjectFile,
  { label, take, hz, seconds = 8, tilt = 0, group = null }: Take,
): number {
  return project.addRecording({
    recording: {
      name: `${label}.${take}`,
      label,
      group,
      origin: "generated",
      source: "test",
      streams: [axes],
    },
    data: [{ samples: turning(hz, seconds, tilt, take * 7919 + Math.round(hz * 10)), gaps: [] }],
  }).id;
}

export function newProject(): ProjectFile {
  return ProjectFile.create(join(temporaryFolder(), "p.limpet"));
}

/** Three classes, `takes` recordings of each, divided 60/20/20 by recording. */
export function machineProject(takes = 5, seconds = 8): ProjectFile {
  const project = newProject();
  for (const [label, hz] of Object.entries(CLASSES)) {
    for (let take = 1; take <= takes; take++) {
      addTake(project, { label, take, hz: hz * (1 + 0.01 * (take - 3)), seconds, tilt: 0.2 * take });
    }
  }
  project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
  return project;
}

/** A design that learns these in a moment. */
export const quickDesign = (change: DesignFileInput = {}): DesignFile =>
  designFile.parse({
    window: { lengthMs: 640, strideMs: 320 },
    features: { block: "spectral", fftLength: 64, bands: 16 },
    network: { kind: "dense", units: [12] },
    training: { epochs: 40, patience: 40, learningRate: 0.01 },
    ...change,
  });

/** A design whose training lasts minutes on any computer: for what ends it before its end. */
export const longDesign = (): DesignFile =>
  designFile.parse({
    window: { lengthMs: 1000, strideMs: 100 },
    features: { block: "raw" },
    network: { kind: "conv1d" },
    training: { epochs: 10_000, patience: 10_000 },
  });
