/**
 * A design file and a dataset become a complete design: each input with its sensor, rate and channels. What does not fit
 * together is refused with the path of the field that is to blame. Pure: reads no samples, trains nothing.
 */
import type { RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";
import {
  type Design,
  type DesignFile,
  designFile,
  type FeatureBlock,
  featureBlock,
  type ResolvedInput,
} from "../../src-shared/design.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { type SensorFacts, sameRate, sensorsOf, usable } from "./sensor-choice.ts";

/** Where in the design file an input's parts were written. */
export type InputPaths = { readonly sensor: string; readonly channels: string; readonly features: string };

export type Resolution = {
  readonly design: Design;
  readonly paths: readonly InputPaths[];
  /** Recordings that have every input. */
  readonly recordings: readonly RecordingInfo[];
  /** Recordings that lack one, and are left out. */
  readonly without: number;
};

const invalid = (message: string, field: string, hint: string): LimpetError =>
  new LimpetError("invalid-design", message, { field, hint });

/** Checks the JSON of a design file. Throws `invalid-design` with the field's path. */
export function parseDesignFile(value: unknown, where = "The design"): DesignFile {
  const checked = designFile.safeParse(value);
  if (checked.success) {
    return checked.data;
  }
  const issue = checked.error.issues[0];
  const unknown = issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? "") : "";
  const path = [...(issue?.path ?? []), ...(unknown === "" ? [] : [unknown])].join(".");
  throw new LimpetError(
    "invalid-design",
    unknown === ""
      ? `${where} cannot be used: ${path === "" ? "" : `${path}: `}${issue?.message ?? "it is not valid"}.`
      : `${where} cannot be used: ${path}: there is no such field.`,
    { field: path, hint: "docs/design.md lists every field with its range and default." },
  );
}

/**
 * Resolves a design against recordings (those that are left out do not count). Throws `invalid-design`: no recordings, unknown
 * sensors or channels, rates that differ between recordings.
 */
export function resolveDesign(file: DesignFile, all: readonly RecordingInfo[]): Resolution {
  const recordings = usable(all);
  const sensors = sensorsOf(recordings);
  if (sensors.length === 0) {
    throw invalid(
      "The project has no recordings to learn from.",
      "recordings",
      "Record with `limpet record` or import files with `limpet import`.",
    );
  }
  const wishes = wishesOf(file, sensors, recordings.length);
  const inputs = wishes.map((wish) => resolveInput(wish, sensors, recordings));
  const having = recordings.filter((recording) =>
    inputs.every((input) => streamFor(recording, input) !== undefined),
  );
  if (having.length === 0) {
    throw invalid(
      `No recording has ${inputs.map(({ sensor }) => sensor).join(" and ")} at once.`,
      "inputs",
      "Choose sensors that were recorded together.",
    );
  }
  const { task, window, normalisation, network, training, anomaly } = file;
  return {
    design: {
      task,
      window,
      normalisation,
      network,
      training,
      inputs,
      ...(anomaly === undefined ? {} : { anomaly }),
    },
    paths: wishes.map(({ paths }) => paths),
    recordings: having,
    without: recordings.length - having.length,
  };
}

/** The stream of a recording that holds all channels of an input; undefined where there is none. */
export const streamFor = (
  { streams }: RecordingInfo,
  { sensor, channels }: Pick<ResolvedInput, "sensor" | "channels">,
): StreamInfo | undefined =>
  streams.find(
    (stream) =>
      stream.sensor === sensor &&
      channels.every((name) => stream.channels.some((channel) => channel.name === name)),
  );

/** One input as it was asked for. */
type Wish = {
  readonly sensor: string;
  readonly channels: readonly string[] | undefined;
  readonly features: FeatureBlock;
  readonly paths: InputPaths;
};

function wishesOf(file: DesignFile, sensors: readonly SensorFacts[], recordings: number): Wish[] {
  if (file.inputs !== undefined) {
    return file.inputs.map(({ sensor, channels, features }, index) => ({
      sensor,
      channels,
      features,
      paths: {
        sensor: `inputs.${index}.sensor`,
        channels: `inputs.${index}.channels`,
        features: `inputs.${index}.features`,
      },
    }));
  }
  const features = file.features ?? featureBlock.parse({ block: "spectral" });
  const paths: InputPaths = { sensor: "channels", channels: "channels", features: "features" };
  const wish = (sensor: string, channels: readonly string[] | undefined): Wish => ({
    sensor,
    channels,
    features,
    paths,
  });
  if (file.channels === undefined) {
    return [wish(commonSensor(sensors, recordings).sensor, undefined)];
  }
  // Channels of several sensors: one input for each sensor, in the order in which the sensors are first named.
  const bySensor = new Map<string, string[]>();
  for (const channel of file.channels) {
    const { sensor } = sensorWith(channel, sensors, bySensor);
    const list = bySensor.get(sensor);
    if (list === undefined) bySensor.set(sensor, [channel]);
    else list.push(channel);
  }
  return [...bySensor].map(([sensor, channels]) => wish(sensor, channels));
}

/** Where the design names no channels: the first sensor that most recordings have. */
const commonSensor = (sensors: readonly SensorFacts[], recordings: number): SensorFacts =>
  sensors.find((facts) => facts.recordings === recordings) ??
  (sensors.toSorted((a, b) => b.recordings - a.recordings)[0] as SensorFacts);

/** A sensor that has the channel; one that is in use already is preferred. */
function sensorWith(
  channel: string,
  sensors: readonly SensorFacts[],
  inUse: ReadonlyMap<string, unknown>,
): SensorFacts {
  const having = sensors.filter(({ channels }) => channels.includes(channel));
  const found = having.find(({ sensor }) => inUse.has(sensor)) ?? having[0];
  if (found === undefined) {
    throw invalid(
      `No recording has a channel ${channel}.`,
      "channels",
      `There are ${sensors.flatMap(({ channels }) => channels).join(", ")}.`,
    );
  }
  return found;
}

function resolveInput(
  { sensor, channels, features, paths }: Wish,
  sensors: readonly SensorFacts[],
  recordings: readonly RecordingInfo[],
): ResolvedInput {
  const facts = sensors.find((candidate) => candidate.sensor === sensor);
  if (facts === undefined) {
    throw invalid(
      `No recording has a sensor ${sensor}.`,
      paths.sensor,
      `There are ${sensors.map((candidate) => candidate.sensor).join(", ")}.`,
    );
  }
  const names = channels ?? facts.channels;
  const missing = names.find((name) => !facts.channels.includes(name));
  if (missing !== undefined) {
    throw invalid(
      `The sensor ${sensor} has no channel ${missing}.`,
      paths.channels,
      `Its channels are ${facts.channels.join(", ")}.`,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw invalid(`The channel ${twice} is named twice.`, paths.channels, "Name each channel once.");
  }
  const other = recordings
    .map((recording) => ({ recording, stream: streamFor(recording, { sensor, channels: [...names] }) }))
    .find(({ stream }) => stream !== undefined && !sameRate(stream.rateHz, facts.rateHz));
  if (other !== undefined) {
    throw invalid(
      `The recordings have ${sensor} at different rates: most at ${facts.rateHz} Hz, ${other.recording.name} at ${other.stream?.rateHz} Hz.`,
      paths.sensor,
      "Leave out the recordings of the other rate, or record them again.",
    );
  }
  return {
    sensor,
    rateHz: facts.rateHz,
    channels: [...names],
    channelIndices: names.map((name) => facts.channels.indexOf(name)),
    features,
  };
}
