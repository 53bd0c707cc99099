/** New projects, empty or from an example. Knows which examples there are; the signals come from generators. */
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import type { EXAMPLE_NAMES } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import type { JobInput } from "../threads/thread-jobs.ts";
import { inThread } from "../threads/work-threads.ts";
import { fillGesturesExample } from "./gestures-example.ts";
import { fillMotorExample, type MachineGenerator } from "./motor-example.ts";
import { fillSineExample } from "./sine-example.ts";
import { fillWakeWordExample } from "./wake-word-example.ts";

export type ExampleName = (typeof EXAMPLE_NAMES)[number];

type Filler = (project: ProjectFile, work: WorkOptions) => Promise<void>;

const EXAMPLES: Readonly<Record<ExampleName, Filler>> = {
  sine: async (project, work) => fillSineExample(project, work),
  gestures: async (project, work) => fillGesturesExample(project, work),
  "wake-word": fillWakeWordExample,
  motor: async (project, work) => fillMotorExample(project, await loadGenerator(), work),
};

/** The rotating machine of the device twin, which is loaded only where an example needs it. */
async function loadGenerator(): Promise<MachineGenerator> {
  const { Twin } = await import("../features/twin.ts");
  const twin = await Twin.load();
  return {
    vibration: (machine) => twin.generate(machine),
    celsius: (machine) => twin.generateCelsius(machine),
    pieces: (machine) => twin.generatePieces(machine),
  };
}

/** How a thread ends that could not clear up: it died, or was given up. */
const LEFT_HALF_MADE: readonly string[] = ["internal", "cancelled"];

/**
 * As `createProject`, without holding an engine: a thread fills the file, which is opened then. Throws as that, and as `inThread`.
 */
export async function createProjectInThread(
  path: string,
  example?: ExampleName,
  work: WorkOptions = {},
): Promise<ProjectFile> {
  const file = resolve(path);
  if (example === undefined || existsSync(file)) return createProject(file, example, work);
  try {
    await inThread("example", { path: file, example }, work);
    return ProjectFile.open(file);
  } catch (error) {
    if (error instanceof LimpetError && LEFT_HALF_MADE.includes(error.code)) {
      for (const end of ["", "-wal", "-shm"]) rmSync(`${file}${end}`, { force: true });
    }
    throw error;
  }
}

/** The job `example` of a work thread. Throws as `createProject`. */
export async function exampleByPath(
  { path, example }: JobInput<"example">,
  work: WorkOptions,
): Promise<null> {
  (await createProject(path, example, work)).close();
  return null;
}

/**
 * Makes a project at `path`. Where filling it from the example fails or is cancelled, no file is left.
 * Throws `usage` where a file is there already; `cancelled`; `setup-missing` where the twin has not been built, or espeak-ng is not
 * installed, and the example needs it.
 */
export async function createProject(
  path: string,
  example?: ExampleName,
  work: WorkOptions = {},
): Promise<ProjectFile> {
  const fill = example === undefined ? undefined : EXAMPLES[example];
  const project = ProjectFile.create(path);
  try {
    await fill?.(project, work);
    return project;
  } catch (error) {
    project.close();
    const file = resolve(path);
    if (existsSync(file)) rmSync(file);
    throw error;
  }
}
