/**
 * The example `sine`: the smallest value to predict, after the "hello world" of Warden and Situnayake, "TinyML", chapters 4 and 5. Each
 * recording is one number x, its label the sine of x with a little noise. Everything in it is marked as generated.
 */
import { designFile } from "../../src-shared/design.ts";
import { throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { NewStream } from "../dataset/types.ts";

const RECORDINGS = 600;
const RATE_HZ = 100;
/** Half the width of the noise, which is uniform. */
const NOISE = 0.1;
const SEED = 1;

const STREAM: NewStream = {
  sensor: "sensor",
  channels: [{ name: "x", unit: "rad" }],
  rateHz: RATE_HZ,
  sampleType: "float32",
  scale: 1,
};

/** Numbers from 0 to below 1: xorshift32 (Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003). */
function randomFrom(seed: number): () => number {
  let x = seed | 0;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}

/** Fills a new project: recordings, goal, split, and a design to train with. Throws `cancelled`. */
export function fillSineExample(project: ProjectFile, work: WorkOptions = {}): void {
  const random = randomFrom(SEED);
  project.transaction(() => {
    for (let number = 1; number <= RECORDINGS; number++) {
      throwIfCancelled(work.signal);
      if (number % 50 === 0) work.onProgress?.("generating numbers", number / RECORDINGS);
      // Spread evenly over one turn, each a little off its place.
      const x = Math.fround((2 * Math.PI * (number - random())) / RECORDINGS);
      const label = (Math.sin(x) + NOISE * (2 * random() - 1)).toFixed(4);
      project.addRecording({
        recording: {
          name: `x${x.toFixed(4)}`,
          label,
          group: null,
          origin: "generated",
          source: `generated: sin(${x.toFixed(4)}) with uniform noise of ${NOISE}, seed ${SEED}`,
          streams: [STREAM],
        },
        data: [{ samples: new Float32Array([x]), gaps: [] }],
      });
    }
  });
  project.saveGoal({
    ...project.goal(),
    sentence: "Predict the sine of a number from the number.",
    task: "regression",
    sensors: [STREAM.sensor],
    accuracy: 0.95,
  });
  project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
  project.saveDesign(
    designFile.parse({
      task: "regression",
      window: { lengthMs: 1000 / RATE_HZ, strideMs: 1000 / RATE_HZ },
      channels: ["x"],
      features: { block: "raw" },
      network: { kind: "dense", units: [16, 16] },
      training: { epochs: 300, batchSize: 32, learningRate: 0.005, patience: 50 },
    }),
  );
  work.onProgress?.("generated", 1);
}
