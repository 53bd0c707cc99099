/**
 * What stands in the way of a design (errors) and what one should know about it (warnings), before anything is computed: numbers
 * that do not fit each other, and a dataset that does not fit them. Pure; shapes and costs are judged elsewhere.
 */
import type { DesignReport, SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import type { Design, FeatureBlock } from "../../src-shared/design.ts";
import type { DatasetWindow, RecordingWindows } from "./dataset-windows.ts";
import { inputSamples } from "./feature-shape.ts";
import { frameSamples } from "./frontend-config.ts";
import type { Resolution } from "./resolve-design.ts";

export type Finding = DesignReport["findings"][number];

const error = (field: string, message: string): Finding => ({ level: "error", field, message });
const warning = (field: string, message: string): Finding => ({ level: "warning", field, message });

const milliseconds = (samples: number, rateHz: number): string =>
  `${((samples * 1000) / rateHz).toFixed(0)} ms`;

/** Whether each input's features can be computed of its window. */
export function checkFeatures({ design, paths }: Resolution): Finding[] {
  return design.inputs.flatMap((input, index) => {
    const samples = inputSamples(design, input);
    const field = paths[index]?.features ?? "features";
    return checkBlock(input.features, samples, input.rateHz, field);
  });
}

function checkBlock(block: FeatureBlock, samples: number, rateHz: number, field: string): Finding[] {
  switch (block.block) {
    case "raw":
      return checkDecimation(block.decimation, samples, field);
    case "spectral": {
      const left = Math.floor(samples / block.decimation);
      const half = rateHz / block.decimation / 2;
      const findings = checkDecimation(block.decimation, samples, field);
      if (findings.length === 0 && block.fftLength > left) {
        findings.push(
          error(
            `${field}.fftLength`,
            `The FFT takes ${block.fftLength} samples and the window has ${left}: choose ${2 ** Math.floor(Math.log2(Math.max(1, left)))} or less, or a window of ${milliseconds(block.fftLength * block.decimation, rateHz)}.`,
          ),
        );
      }
      if (block.bands > block.fftLength / 2) {
        findings.push(
          error(
            `${field}.bands`,
            `An FFT of ${block.fftLength} gives ${block.fftLength / 2} bins: there cannot be ${block.bands} bands.`,
          ),
        );
      }
      if (block.filter.kind !== "none" && block.filter.cutoffHz >= half) {
        findings.push(
          error(
            `${field}.filter.cutoffHz`,
            `The cut-off of ${block.filter.cutoffHz} Hz must be below half the sampling rate, which is ${half} Hz.`,
          ),
        );
      }
      return findings;
    }
    case "log-mel":
    case "mfcc":
      return checkFrames(block, samples, rateHz, field);
  }
}

const checkDecimation = (decimation: number, samples: number, field: string): Finding[] =>
  decimation <= samples
    ? []
    : [
        error(
          `${field}.decimation`,
          `One of ${decimation} samples is kept, but the window has only ${samples}.`,
        ),
      ];

function checkFrames(
  block: Extract<FeatureBlock, { block: "log-mel" | "mfcc" }>,
  samples: number,
  rateHz: number,
  field: string,
): Finding[] {
  const { frame, fftLength } = frameSamples(block, rateHz);
  const findings: Finding[] = [];
  const high = block.highHz === 0 ? rateHz / 2 : block.highHz;
  if (frame > samples) {
    findings.push(
      error(
        `${field}.frameMs`,
        `A frame has ${frame} samples and the window ${samples}: choose shorter frames.`,
      ),
    );
  }
  if (fftLength < frame || fftLength > 4096) {
    findings.push(
      error(
        `${field}.fftLength`,
        `A frame of ${frame} samples needs an FFT of at least that length, and 4096 is the longest.`,
      ),
    );
  }
  if (high > rateHz / 2) {
    findings.push(
      error(`${field}.highHz`, `${high} Hz is above half the sampling rate, which is ${rateHz / 2} Hz.`),
    );
  }
  if (block.lowHz >= high) {
    findings.push(error(`${field}.lowHz`, `${block.lowHz} Hz must be below the upper edge, ${high} Hz.`));
  }
  if (block.windowNormalisation === "range" && (block.block !== "log-mel" || block.pcen)) {
    findings.push(
      error(
        `${field}.windowNormalisation`,
        "`range` is for log-mel without PCEN: choose mean or mean-variance.",
      ),
    );
  }
  if (block.block === "mfcc" && block.coefficients > block.filters) {
    findings.push(
      error(
        `${field}.coefficients`,
        `${block.filters} filters give ${block.filters} coefficients at most, not ${block.coefficients}.`,
      ),
    );
  }
  return findings;
}

/** Windows of each label on each side. */
export type WindowCounts = ReadonlyMap<string, Readonly<Record<SplitName, number>>>;

function countByLabel(plan: readonly RecordingWindows[]): WindowCounts {
  const counts = new Map<string, Record<SplitName, number>>();
  for (const { recording, windows } of plan) {
    const row = counts.get(recording.label) ?? { train: 0, validation: 0, test: 0 };
    for (const { split } of windows) if (split !== null) row[split]++;
    counts.set(recording.label, row);
  }
  return counts;
}

/** Windows on one side, in order. */
export const windowsOn = (plan: readonly RecordingWindows[], side: SplitName): DatasetWindow[] =>
  plan.flatMap(({ windows }) => windows.filter(({ split }) => split === side));

const FEW_WINDOWS = 10;
const UNBALANCED = 20;

/** Whether there is anything to learn from the windows, and whether its test will mean anything. */
export function checkDataset(
  { design, recordings, without }: Resolution,
  plan: readonly RecordingWindows[],
  options: SplitOptions,
): Finding[] {
  const findings: Finding[] = [];
  const all = plan.reduce((sum, { windows }) => sum + windows.length, 0);
  if (all === 0) {
    const longest = Math.max(0, ...recordings.map(({ seconds }) => seconds));
    return [
      error(
        "window.lengthMs",
        `The window of ${design.window.lengthMs} ms is longer than every recording (the longest has ${(longest * 1000).toFixed(0)} ms without a gap at most): choose a shorter one, or set window.short to pad.`,
      ),
    ];
  }
  if (without > 0) {
    findings.push(warning("inputs", `${without} of the recordings lack one of the inputs and are left out.`));
  }
  const empty = plan.filter(({ windows }) => windows.length === 0).length;
  if (empty > 0) {
    findings.push(
      warning(
        "window.lengthMs",
        `${empty} of ${plan.length} recordings are shorter than the window and are left out; window.short: pad keeps them.`,
      ),
    );
  }
  findings.push(
    ...(design.task === "regression" ? checkValues(plan) : checkClasses(countByLabel(plan), design)),
    ...checkSides(plan, options),
  );
  return findings;
}

/** The number that a label is; NaN where it is none. */
export const labelValue = (label: string): number => (label.trim() === "" ? Number.NaN : Number(label));

function checkValues(plan: readonly RecordingWindows[]): Finding[] {
  const labels = plan.filter(({ windows }) => windows.length > 0).map(({ recording }) => recording.label);
  const wrong = labels.find((label) => !Number.isFinite(labelValue(label)));
  if (wrong !== undefined) {
    return [error("task", `Regression predicts a number, and the label ${wrong} is not one.`)];
  }
  return new Set(labels).size < 2
    ? [error("labels", "All recordings have the same value: there is nothing to learn.")]
    : [];
}

function checkClasses(counts: WindowCounts, { anomaly }: Pick<Design, "anomaly">): Finding[] {
  const rows = [...counts].filter(([, { train, validation, test }]) => train + validation + test > 0);
  const trained = rows.filter(([, { train }]) => train > 0);
  const unknown = anomaly?.normal?.find((label) => !trained.some(([other]) => other === label));
  if (unknown !== undefined) {
    return [error("anomaly.normal", `${unknown} is to count as normal, and has no windows for training.`)];
  }
  // With an anomaly score one label is enough: the model says whether a window is like it.
  const few = anomaly === undefined ? 2 : 1;
  if (rows.length < few) {
    return [
      error(
        "labels",
        `A classifier tells at least two classes apart; there are windows of ${rows[0]?.[0] ?? "none"} only. Record or label another one, or let the design learn this one alone with \`"anomaly": {}\`.`,
      ),
    ];
  }
  if (trained.length < few) {
    return [
      error(
        "split",
        trained[0] === undefined
          ? "No class has windows for training: split the recordings again, with some of each class for training."
          : `Only ${trained[0][0]} has windows for training: split the recordings again, with some of each class for training.`,
      ),
    ];
  }
  const findings: Finding[] = [];
  for (const [label, { train, test }] of rows) {
    if (train === 0 && anomaly !== undefined) {
      findings.push(
        warning("split", `${label} has no windows for training: its test windows will count as anomalies.`),
      );
    } else if (train === 0) {
      findings.push(
        warning(
          "split",
          `${label} has no windows for training: the model will not know it, and its test windows will count as mistakes.`,
        ),
      );
    } else if (train < FEW_WINDOWS) {
      findings.push(warning("split", `${label} has only ${train} windows for training: record more of it.`));
    }
    if (test === 0) {
      findings.push(
        warning(
          "split",
          `${label} has no windows for the test: nothing will be known about how well it is recognised.`,
        ),
      );
    }
  }
  const most = Math.max(...trained.map(([, { train }]) => train));
  for (const [label, { train }] of trained) {
    if (train * UNBALANCED < most) {
      findings.push(
        warning(
          "split",
          `${label} has ${train} windows for training where another class has ${most}: record more of it.`,
        ),
      );
    }
  }
  return findings;
}

function checkSides(plan: readonly RecordingWindows[], options: SplitOptions): Finding[] {
  const findings: Finding[] = [];
  const count = (side: SplitName): number => windowsOn(plan, side).length;
  if (count("train") === 0) {
    findings.push(error("split", "There are no windows for training: split the recordings again."));
    return findings;
  }
  if (count("validation") === 0) {
    findings.push(
      warning(
        "split",
        "There are no windows for validation: the last fifth of each training recording is used.",
      ),
    );
  }
  findings.push(...checkLeaks(plan, options));
  return findings;
}

/** Whether the test holds what is known from training: a split by window, or groups on both sides. */
export function checkLeaks(plan: readonly RecordingWindows[], options: SplitOptions | null): Finding[] {
  if (options?.by === "window") {
    return [
      warning(
        "split",
        "The split is by window: the test holds windows of recordings that were trained on, so it will look better than the model is on new recordings. Split by recording or group.",
      ),
    ];
  }
  const leaking = groupsOnBothSides(plan);
  return leaking.length === 0
    ? []
    : [
        warning(
          "split",
          `${leaking.length === 1 ? `The group ${leaking[0]} is` : `${leaking.length} groups are`} both in training and in the test: the test tells nothing about new machines, sessions or persons. Split by group.`,
        ),
      ];
}

/** Groups that have recordings both among training or validation and in the test. */
function groupsOnBothSides(plan: readonly RecordingWindows[]): string[] {
  const known = new Set<string>();
  const tested = new Set<string>();
  for (const { recording } of plan) {
    if (recording.group === null || recording.split === null) continue;
    (recording.split === "test" ? tested : known).add(recording.group);
  }
  return [...tested].filter((group) => known.has(group));
}
