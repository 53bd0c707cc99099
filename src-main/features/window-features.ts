/**
 * Features of windows, computed here: one window after the other, with a turn for others now and then. Knows where samples come from and
 * the twin; not who wants the features, nor where they are kept.
 */
import type { Design } from "../../src-shared/design.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import type { Dataset } from "../dataset/types.ts";
import type { JobInput, WindowsOfRecording } from "../threads/thread-jobs.ts";
import { turns } from "../threads/turns.ts";
import { encodeFrontend } from "./frontend-config.ts";
import { Twin, type TwinFrontend } from "./twin.ts";
import { recordingSources, WindowReader } from "./window-source.ts";

/**
 * Features of windows of some recordings into `out`, in order. `breathe` is asked after each window whether to go on; returns how many
 * were computed. Throws `cancelled`; `invalid-design` where a sample is not a number.
 */
export async function computeWindows(
  dataset: Pick<Dataset, "gaps" | "readValues">,
  frontend: TwinFrontend,
  design: Pick<Design, "window" | "inputs">,
  { recording, windows }: WindowsOfRecording,
  out: Float32Array,
  breathe: (index: number) => Promise<boolean>,
): Promise<number> {
  const size = frontend.featureCount;
  const reader = new WindowReader(design, recordingSources(dataset, recording, design) ?? [], recording.name);
  for (const [index, window] of windows.entries()) {
    frontend.compute(reader.read(window), out.subarray(index * size, (index + 1) * size));
    if (!(await breathe(index))) return index + 1;
  }
  return windows.length;
}

/** The job `features` of a work thread. Throws as `computeWindows`, and what opening a project throws. */
export async function featuresByPath(
  { path, module, design, parts }: JobInput<"features">,
  work: WorkOptions,
): Promise<Float32Array> {
  const frontend = (await Twin.of(module)).frontend(encodeFrontend(design));
  // Whoever has the project open mends it.
  const project = ProjectFile.open(path, { readonly: true, asItIs: true });
  try {
    const total = parts.reduce((sum, { windows }) => sum + windows.length, 0);
    const values = new Float32Array(total * frontend.featureCount);
    const breathe = turns(work.signal);
    let done = 0;
    for (const part of parts) {
      const own = values.subarray(done * frontend.featureCount);
      await computeWindows(project, frontend, design, part, own, async (index) => {
        await breathe(() => work.onProgress?.("computing features", (done + index + 1) / total));
        return true;
      });
      done += part.windows.length;
    }
    return values;
  } finally {
    project.close();
    frontend.close();
  }
}
