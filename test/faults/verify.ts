/** Reads recordings of a `StreamBoard` back and says whether every sample is the one that the board took, at its place. */
import { checkProject } from "../../src-main/dataset/check.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import type { RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";
import { sourceSample } from "./stream-board.ts";

export type Range = { readonly from: number; readonly to: number };

/** Ranges of the board's sample numbers that a stream holds, by its gaps. */
export function storedRanges(project: ProjectFile, stream: StreamInfo): Range[] {
  const gaps = project.gaps(stream.id);
  const ranges: Range[] = [];
  let lost = 0;
  let stored = 0;
  for (const gap of [...gaps, { atSample: stream.samples, lostSamples: 0 }]) {
    if (gap.atSample > stored) ranges.push({ from: stored + lost, to: gap.atSample + lost });
    stored = gap.atSample;
    lost += gap.lostSamples;
  }
  return ranges;
}

/** Throws where a stored sample is not the one that the board took. Returns the number of samples compared. */
export function requireTrueSamples(project: ProjectFile, recording: RecordingInfo): number {
  let compared = 0;
  for (const [sensor, stream] of recording.streams.entries()) {
    const { data } = project.readSamples(stream.id, 0, stream.samples);
    const width = stream.channels.length;
    let at = 0;
    for (const { from, to } of storedRanges(project, stream)) {
      for (let index = from; index < to; index++) {
        for (let channel = 0; channel < width; channel++) {
          const value = data[at++];
          if (value !== sourceSample(sensor, index, channel)) {
            throw new Error(
              `recording ${recording.id}, ${stream.sensor}: sample ${index}, channel ${channel} is ${value}, the board took ${sourceSample(sensor, index, channel)}`,
            );
          }
        }
      }
    }
    if (at !== data.length) throw new Error(`recording ${recording.id}: ${data.length - at} values too many`);
    compared += stream.samples;
  }
  return compared;
}

/** Throws where `limpet check` finds anything. */
export function requireSound(path: string): void {
  const { ok, problems } = checkProject(path);
  if (!ok) throw new Error(`${path}: ${problems.join(" ")}`);
}

/** All recordings of a sound project, each compared sample by sample. Returns samples compared. */
export function verifyProject(path: string): { recordings: number; samples: number; gaps: number } {
  requireSound(path);
  const project = ProjectFile.open(path);
  try {
    const recordings = project.recordings();
    const samples = recordings.reduce((sum, recording) => sum + requireTrueSamples(project, recording), 0);
    const gaps = recordings.flatMap(({ streams }) => streams).reduce((sum, stream) => sum + stream.gaps, 0);
    return { recordings: recordings.length, samples, gaps };
  } finally {
    project.close();
  }
}
