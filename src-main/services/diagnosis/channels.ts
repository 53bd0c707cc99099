/** Channels of the project's recordings that carry nothing, as findings. Knows projects; what a dead channel is, it is told. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { DiagnosisFinding, RecordingInfo } from "../../../src-shared/contract/index.ts";
import { throwIfCancelled } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import type { ProjectFile } from "../../dataset/project-file.ts";
import { type ChannelFinding, type ChannelStretch, checkChannels } from "../../features/channel-check.ts";
import { usable } from "../../features/sensor-choice.ts";

/** Samples of each recording that are looked at, from its middle, and recordings of each sensor. */
const STRETCH = 4096;
const RECORDINGS = 200;

type Stream = RecordingInfo["streams"][number];
type SensorStream = { readonly recording: RecordingInfo; readonly stream: Stream };

export async function diagnoseChannels(
  project: ProjectFile,
  work: WorkOptions = {},
): Promise<DiagnosisFinding[]> {
  const sensors = new Map<string, SensorStream[]>();
  for (const recording of usable(project.recordings())) {
    for (const stream of recording.streams) {
      // Streams with other channels or another kind of samples are another sensor, whatever its name.
      const key = JSON.stringify([stream.sensor, stream.channels.map(({ name }) => name), stream.sampleType]);
      const own = sensors.get(key) ?? [];
      own.push({ recording, stream });
      sensors.set(key, own);
    }
  }
  const findings: DiagnosisFinding[] = [];
  const total = [...sensors.values()].reduce((sum, own) => sum + Math.min(RECORDINGS, own.length), 0);
  let done = 0;
  for (const own of sensors.values()) {
    const step = Math.ceil(own.length / RECORDINGS);
    const stretches: ChannelStretch[] = [];
    for (const one of own.filter((_, index) => index % step === 0)) {
      stretches.push(stretchOf(project, one));
      work.onProgress?.("looking at channels", ++done / total);
      if (done % 16 === 0) await nextTurn();
      throwIfCancelled(work.signal);
    }
    const { stream } = own[0] as SensorStream;
    const found = checkChannels(stretches, stream.sampleType === "int16");
    findings.push(...found.map((finding) => inWords(finding, stream, stretches.length)));
  }
  return findings;
}

function stretchOf(project: ProjectFile, { recording, stream }: SensorStream): ChannelStretch {
  const count = Math.min(STRETCH, stream.samples);
  const { data, samples } = project.readSamples(stream.id, Math.floor((stream.samples - count) / 2), count);
  const width = stream.channels.length;
  return {
    recording: recording.id,
    channels: stream.channels.map((_, channel) =>
      Float32Array.from({ length: samples }, (__, i) => data[i * width + channel] as number),
    ),
  };
}

function inWords(finding: ChannelFinding, { sensor, channels }: Stream, looked: number): DiagnosisFinding {
  const nameOf = (index: number): string => channels[index]?.name ?? `channel ${index + 1}`;
  const name = nameOf(finding.channel);
  const base = { kind: "channel", channel: { sensor, channel: name } } as const;
  if (finding.kind === "duplicate") {
    return {
      ...base,
      severity: "warning",
      message: `${name} of ${sensor} says the same as ${nameOf(finding.of)} in every recording.`,
      hint: `Leave ${name} out of the design's channels: it costs memory and time and adds nothing. If it should differ, check the wiring.`,
      place: "design",
    };
  }
  const recordings = [...finding.recordings];
  if (finding.kind === "weak") {
    return {
      ...base,
      severity: "warning",
      message: `${name} of ${sensor} hardly moves: no more than the sensor's own steps in any recording.`,
      hint: "Choose a narrower range of the sensor, mount it where it feels more, or leave the channel out of the design.",
      recordings,
      place: "design",
    };
  }
  return recordings.length === looked
    ? {
        ...base,
        severity: "warning",
        message: `${name} of ${sensor} never changes in any recording: it carries nothing.`,
        hint: `Leave ${name} out of the design's channels, or check that the sensor is connected and record again.`,
        recordings,
        place: "design",
      }
    : {
        ...base,
        severity: "warning",
        message: `${name} of ${sensor} stands still in ${recordings.length} of ${looked} recordings: a model may learn that instead of the machine.`,
        hint: "Look at these recordings; leave them out or record them again if the sensor had dropped out.",
        recordings,
        place: "collect",
      };
}
