import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { evaluate } from "../../src-main/services/evaluation-service.ts";
import {
  describeDesign,
  featureMap,
  listExperiments,
  listPresets,
  train,
} from "../../src-main/services/training-service.ts";
import { type RequestResult, requests, type TrainingRequest } from "../../src-shared/contract/index.ts";
import { type DesignFileInput, designFile } from "../../src-shared/design.ts";
import { errorOf, rejectionOf } from "../dataset/helpers.ts";
import {
  addTake,
  CLASSES,
  longDesign,
  machineProject,
  newProject,
  quickDesign,
} from "./learning-projects.ts";

const wish = (change: DesignFileInput = {}): TrainingRequest => ({
  design: quickDesign(change),
  backend: "auto",
});

describe("training", () => {
  it("learns, keeps everything that the experiment needs, and says so as the contract has it", async () => {
    const project = machineProject();
    const epochs: number[] = [];
    const result = await train(project, wish(), { onEpoch: ({ epoch }) => epochs.push(epoch) });
    expect(requests["training:start"].result.parse(result)).toEqual(result);
    expect(result.validationAccuracy).toBeGreaterThan(0.95);
    expect(epochs).toEqual(result.history.map(({ epoch }) => epoch));
    const list: RequestResult<"experiments:list"> = listExperiments(project);
    expect(requests["experiments:list"].result.parse(list)).toEqual(list);
    expect(list[0]).toMatchObject({
      id: result.experiment,
      kind: "dense",
      labels: ["fast", "rough", "slow"],
      converted: false,
      outOfDate: false,
    });
    const row = project.experiment(result.experiment);
    expect(row.datasetHash).toBe(project.datasetHash());
    expect(row.design.inputs[0]).toMatchObject({
      sensor: "accelerometer",
      rateHz: 200,
      channels: ["accX", "accY", "accZ"],
      channelIndices: [0, 1, 2],
    });
    project.close();
  });

  it("gives the same network for the same seed, and another one for another seed", async () => {
    const project = machineProject(5, 4);
    const weights = async (seed: number): Promise<string> => {
      const { experiment } = await train(project, { ...wish(), seed, epochs: 5 });
      return Buffer.from(project.experiment(experiment).weights).toString("base64");
    };
    const first = await weights(3);
    expect(await weights(3)).toBe(first);
    expect(await weights(4)).not.toBe(first);
    project.close();
  });

  it("with the preset for vibration does not learn how the board was mounted", async () => {
    const project = newProject();
    // Each class has a tilt of its own where it is trained on, and another's where it is tested.
    const tilts = [0, 0.8, 1.6];
    for (const [index, [label, hz]] of Object.entries(CLASSES).entries()) {
      for (let take = 1; take <= 4; take++) addTake(project, { label, take, hz, tilt: tilts[index] ?? 0 });
      addTake(project, { label, take: 9, hz, tilt: tilts[(index + 1) % 3] ?? 0 });
    }
    project.applySplit({
      train: 0.6,
      validation: 0.2,
      test: 0.2,
      by: "recording",
      seed: 1,
      holdout: "\\.9$",
    });
    const { experiment } = await train(project, { preset: "vibration", backend: "auto" });
    const report = await evaluate(project, { experiment, split: "test", engine: "int8" });
    expect(report.accuracy).toBe(1);
    project.close();
  });

  it("marks an experiment as out of date when labels change, and takes that back with the change", async () => {
    const project = machineProject(5, 4);
    await train(project, { ...wish(), epochs: 2 });
    project.updateRecordings([1], { label: "other" });
    expect(listExperiments(project)[0]?.outOfDate).toBe(true);
    project.undo();
    expect(listExperiments(project)[0]?.outOfDate).toBe(false);
    project.close();
  });

  it("ends early where it is told to stop and keeps what it has, and keeps nothing where it is cancelled", async () => {
    const project = machineProject(5, 4);
    const long: TrainingRequest = { backend: "auto", design: longDesign() };
    const stop = new AbortController();
    const stopped = await train(project, long, { stop: stop.signal, onEpoch: () => stop.abort() });
    expect(stopped.epochs).toBeLessThan(10_000);
    expect(project.experiments()).toHaveLength(1);
    const cancel = new AbortController();
    await rejectionOf(
      "cancelled",
      train(project, long, { signal: cancel.signal, onEpoch: () => cancel.abort() }),
    );
    expect(project.experiments()).toHaveLength(1);
    project.close();
  });

  it("computes features once: the second training takes them from the project", async () => {
    const project = machineProject();
    const stages: string[] = [];
    const onProgress = (stage: string, fraction: number): void => {
      if (fraction < 0.19) stages.push(stage);
    };
    await train(project, { ...wish(), epochs: 1 });
    const rows = (): number => project.database.get<{ n: number }>("SELECT count(*) AS n FROM cache")?.n ?? 0;
    expect(rows()).toBe(15);
    await train(project, { ...wish(), epochs: 1 }, { onProgress });
    expect(rows()).toBe(15);
    addTake(project, { label: "slow", take: 7, hz: 12 });
    await train(project, { ...wish(), epochs: 1 });
    expect(rows()).toBe(16);
    project.close();
  });

  it("uses a part of the training recordings for validation where the split has none, and says so", async () => {
    const project = newProject();
    for (const [label, hz] of Object.entries(CLASSES)) addTake(project, { label, take: 1, hz });
    const result = await train(project, wish());
    expect(result.validationAccuracy).toBeGreaterThan(0.9);
    const { findings } = describeDesign(project, { design: quickDesign() });
    expect(findings.map(({ message }) => message).join()).toContain("last fifth");
    project.close();
  });

  it("predicts values: the numbers that the labels are", async () => {
    const project = newProject();
    for (let take = 0; take < 40; take++) {
      addTake(project, { label: String(10 + take), take, hz: 10 + take, seconds: 4 });
    }
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 2 });
    const { experiment } = await train(project, {
      ...wish({ task: "regression", training: { epochs: 200, patience: 200, learningRate: 0.005 } }),
    });
    for (const engine of ["float", "int8"] as const) {
      const report = await evaluate(project, { experiment, split: "test", engine });
      expect(requests["evaluation:run"].result.parse(report)).toEqual(report);
      expect(report.regression?.r2).toBeGreaterThan(0.8);
    }
    project.close();
  });

  it("takes several sensors of different rates into one window", async () => {
    const project = newProject();
    const temperature = {
      sensor: "temperature",
      channels: [{ name: "celsius", unit: "°C" }],
      rateHz: 10,
      sampleType: "float32",
      scale: 1,
    } as const;
    // The vibration is the same in both classes: only the second sensor tells them apart.
    for (const [label, celsius] of [
      ["cold", 20],
      ["hot", 60],
    ] as const) {
      for (let take = 1; take <= 5; take++) {
        const vibration = new Int16Array(4 * 200 * 3).map((_, i) => (i * 31 * take) % 200);
        const warmth = new Float32Array(40).map((_, i) => celsius + Math.sin(i + take));
        project.addRecording({
          recording: {
            name: `${label}.${take}`,
            label,
            group: null,
            origin: "generated",
            source: "test",
            streams: [
              {
                sensor: "accelerometer",
                channels: ["accX", "accY", "accZ"].map((name) => ({ name, unit: "g" })),
                rateHz: 200,
                sampleType: "int16",
                scale: 0.001,
              },
              temperature,
            ],
          },
          data: [
            { samples: vibration, gaps: [] },
            { samples: warmth, gaps: [] },
          ],
        });
      }
    }
    project.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 });
    const design = designFile.parse({
      window: { lengthMs: 1000, strideMs: 500 },
      inputs: [
        {
          sensor: "accelerometer",
          channels: ["accZ", "accX"],
          features: { block: "spectral", fftLength: 64, bands: 8 },
        },
        { sensor: "temperature", channels: ["celsius"], features: { block: "raw" } },
      ],
      network: { kind: "dense", units: [8] },
      training: { epochs: 60, patience: 60, learningRate: 0.01 },
    });
    expect(describeDesign(project, { design })).toMatchObject({ features: 2 * 13 + 10 });
    const { experiment } = await train(project, { design, backend: "auto" });
    expect(project.experiment(experiment).design.inputs[0]?.channelIndices).toEqual([2, 0]);
    for (const engine of ["float", "int8"] as const) {
      expect((await evaluate(project, { experiment, split: "test", engine })).accuracy).toBe(1);
    }
    project.close();
  });

  it("finds the recordings' classes on the map of features", async () => {
    const project = machineProject(5, 4);
    const { points } = await featureMap(project, quickDesign());
    expect(requests["design:get-map"].result.parse({ points })).toEqual({ points });
    const centre = (label: string): [number, number] => {
      const own = points.filter((point) => point.label === label);
      return [
        own.reduce((sum, { x }) => sum + x, 0) / own.length,
        own.reduce((sum, { y }) => sum + y, 0) / own.length,
      ];
    };
    const [a, b] = [centre("slow"), centre("rough")];
    expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeGreaterThan(1);
    project.close();
  });

  it("needs a project that can be written to", async () => {
    const project = machineProject(2, 2);
    const { path } = project;
    project.close();
    const readonly = ProjectFile.open(path, { readonly: true });
    expect((await rejectionOf("read-only", train(readonly, wish()))).hint).not.toBe("");
    expect(describeDesign(readonly, { design: quickDesign() }).features).toBe(63);
    readonly.close();
  });
});

describe("a design that cannot be trained", () => {
  const project = (): ProjectFile => machineProject(2, 3);
  const cases: readonly (readonly [string, DesignFileInput, string])[] = [
    ["a window longer than every recording", { window: { lengthMs: 9000 } }, "window.lengthMs"],
    ["a channel that is not there", { channels: ["accX", "accQ"] }, "channels"],
    ["a channel named twice", { channels: ["accX", "accX"] }, "channels"],
    [
      "a sensor that is not there",
      { features: undefined, inputs: [{ sensor: "microphone", features: { block: "raw" } }] },
      "inputs.0.sensor",
    ],
    [
      "an FFT longer than the window",
      { features: { block: "spectral", fftLength: 256 } },
      "features.fftLength",
    ],
    [
      "the same in an input",
      {
        features: undefined,
        inputs: [{ sensor: "accelerometer", features: { block: "spectral", fftLength: 256 } }],
      },
      "inputs.0.features.fftLength",
    ],
    ["more bands than bins", { features: { block: "spectral", fftLength: 64, bands: 33 } }, "features.bands"],
    [
      "a cut-off above half the rate",
      {
        features: {
          block: "spectral",
          fftLength: 64,
          filter: { kind: "high-pass", cutoffHz: 100 },
        },
      },
      "features.filter.cutoffHz",
    ],
    ["decimation to nothing", { features: { block: "raw", decimation: 1000 } }, "features.decimation"],
    ["classes taken for numbers", { task: "regression" }, "task"],
    [
      "a convolution that nothing is left of",
      {
        window: { lengthMs: 50, strideMs: 50 },
        features: { block: "raw" },
        network: { kind: "conv1d", kernel: 64 },
      },
      "network",
    ],
  ];
  for (const [name, change, field] of cases) {
    it(`names the field: ${name}`, async () => {
      const dataset = project();
      const error = await rejectionOf("invalid-design", train(dataset, wish(change)));
      expect(error.field).toMatch(new RegExp(`^${field.replaceAll(".", "\\.")}`));
      expect(error.exitCode).toBe(2);
      expect(error.hint).not.toBe("");
      expect(dataset.experiments()).toHaveLength(0);
      dataset.close();
    });
  }

  it("names one class, no recordings, rates that differ, and samples that are no numbers", async () => {
    const single = newProject();
    for (let take = 1; take < 4; take++) addTake(single, { label: "slow", take, hz: 12 });
    expect((await rejectionOf("invalid-design", train(single, wish()))).field).toBe("labels");
    single.close();

    const empty = newProject();
    expect((await rejectionOf("invalid-design", train(empty, wish()))).field).toBe("recordings");
    expect(errorOf("invalid-design", () => describeDesign(empty, {})).field).toBe("recordings");
    empty.close();

    const mixed = machineProject(2, 3);
    const float = { ...mixed.streams(1)[0], sampleType: "float32", scale: 1 } as const;
    const add = (rateHz: number, value: number): void => {
      mixed.addRecording({
        recording: {
          name: `odd.${rateHz}`,
          label: "slow",
          group: null,
          origin: "import",
          source: "",
          streams: [
            {
              sensor: "accelerometer",
              channels: [...(float.channels ?? [])],
              rateHz,
              sampleType: "float32",
              scale: 1,
            },
          ],
        },
        data: [{ samples: new Float32Array(2400).fill(value), gaps: [] }],
      });
    };
    add(200, Number.NaN);
    const notFinite = await rejectionOf("invalid-design", train(mixed, wish()));
    expect(notFinite.message).toContain("odd.200");
    mixed.updateRecordings([7], { excluded: true });
    add(100, 1);
    const rates = await rejectionOf("invalid-design", train(mixed, wish()));
    expect(rates.message).toContain("odd.100");
    mixed.close();
  });

  it("is described all the same, with what stands in its way", () => {
    const dataset = project();
    const report = describeDesign(dataset, { design: quickDesign({ window: { lengthMs: 9000 } }) });
    expect(requests["design:describe"].result.parse(report)).toEqual(report);
    expect(report.findings.some(({ level, field }) => level === "error" && field === "window.lengthMs")).toBe(
      true,
    );
    expect(listPresets(dataset).map(({ name }) => name)).toEqual(["vibration", "keyword", "gesture", "sine"]);
    dataset.close();
  });

  it("is warned of groups on both sides of the split, of classes without a test, and of a split by window", () => {
    const dataset = machineProject(2, 3);
    const messages = (): string =>
      describeDesign(dataset, { design: quickDesign() })
        .findings.map(({ message }) => message)
        .join("\n");
    expect(messages()).toContain("no windows for the test");
    dataset.updateRecordings(
      dataset.recordings().map(({ id }) => id),
      { group: "machine 1" },
    );
    dataset.applySplit({ train: 0.5, validation: 0, test: 0.5, by: "recording", seed: 1 });
    expect(messages()).toContain("The group machine 1 is both in training and in the test");
    dataset.applySplit({ train: 0.6, validation: 0.2, test: 0.2, by: "window", seed: 1 });
    expect(messages()).toContain("by window");
    dataset.close();
  });
});
