/** The sensors of a design as the form works with them: one entry for each, whichever way the design was written. Pure. */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import {
  type DesignFile,
  type DesignInput,
  type FeatureBlock,
  featureBlock,
} from "../../src-shared/design.ts";

export type SensorChoice = {
  readonly sensor: string;
  readonly rateHz: number;
  readonly channels: readonly string[];
};

/** The most that a board joins (docs/design.md). */
const MOST_INPUTS = 4;
const MOST_CHANNELS = 7;

/** Sensors of the recordings that are used, in the order of their first appearance. */
export function sensorChoices(recordings: readonly RecordingInfo[]): SensorChoice[] {
  const found = new Map<string, SensorChoice>();
  for (const { excluded, streams } of recordings) {
    if (excluded) continue;
    for (const { sensor, rateHz, channels } of streams) {
      if (!found.has(sensor))
        found.set(sensor, { sensor, rateHz, channels: channels.map(({ name }) => name) });
    }
  }
  return [...found.values()];
}

/** The design's inputs. Where it names no sensor, the first one stands for it, as in the engine. */
export function inputsOf(design: DesignFile, sensors: readonly SensorChoice[]): DesignInput[] {
  if (design.inputs !== undefined) return design.inputs;
  const features = design.features ?? featureBlock.parse({ block: "spectral" });
  if (design.channels === undefined) return [{ sensor: sensors[0]?.sensor ?? "accelerometer", features }];
  const bySensor = new Map<string, string[]>();
  for (const channel of design.channels) {
    const owner =
      sensors.find(({ channels }) => channels.includes(channel))?.sensor ?? sensors[0]?.sensor ?? "";
    bySensor.set(owner, [...(bySensor.get(owner) ?? []), channel]);
  }
  return [...bySensor].map(([sensor, channels]) => ({ sensor, channels, features }));
}

/** The design with these inputs in place of its own. */
export function withInputs(design: DesignFile, inputs: readonly DesignInput[]): DesignFile {
  const { channels: _channels, features: _features, inputs: _inputs, ...rest } = design;
  return { ...rest, inputs: [...inputs] };
}

/** Samples in a window below which a spectrum says little. */
const FEW_SAMPLES = 64;

/** What a sensor's signal is usually looked at by. */
export function usualFeatures({ sensor, rateHz }: SensorChoice, windowMs: number): FeatureBlock {
  if (sensor === "microphone") return featureBlock.parse({ block: "log-mel" });
  const samples = (windowMs / 1000) * rateHz;
  if (samples < FEW_SAMPLES) return featureBlock.parse({ block: "raw" });
  const fftLength = Math.min(128, 2 ** Math.floor(Math.log2(samples)));
  return featureBlock.parse({ block: "spectral", fftLength, bands: Math.min(16, fftLength / 4) });
}

/** Adds a sensor with what suits it, or takes it out; the last one stays. */
export function toggleSensor(
  inputs: readonly DesignInput[],
  choice: SensorChoice,
  windowMs: number,
): DesignInput[] {
  const without = inputs.filter(({ sensor }) => sensor !== choice.sensor);
  if (without.length < inputs.length) return without.length === 0 ? [...inputs] : without;
  return [...inputs, { sensor: choice.sensor, features: usualFeatures(choice, windowMs) }].slice(
    0,
    MOST_INPUTS,
  );
}

/** Uses a channel of a sensor or not; the last one stays. All of them is to name none. */
export function toggleChannel(
  inputs: readonly DesignInput[],
  { sensor, channels: all }: SensorChoice,
  channel: string,
): DesignInput[] {
  return inputs.map((input) => {
    if (input.sensor !== sensor) return input;
    const used = input.channels ?? all;
    const next = all.filter((name) => (name === channel ? !used.includes(name) : used.includes(name)));
    if (next.length === 0) return input;
    const { channels: _channels, ...rest } = input;
    return next.length === all.length && all.length <= MOST_CHANNELS ? rest : { ...rest, channels: next };
  });
}
