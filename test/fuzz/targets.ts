/**
 * What is fuzzed in TypeScript. A target takes any bytes; it throws where something happened that must not: an error that is no
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../faults/random.ts";
import { linkTarget, packageTarget, tfliteTarget, weightsTarget } from "./targets-binary.ts";
import {
  importTargets,
  olderProjectTarget,
  photoTarget,
  projectTarget,
  textTarget,
} from "./targets-dataset.ts";
import { cliTarget, contractTarget, staticFilesTarget } from "./targets-hosts.ts";

export type Target = {
  readonly name: string;
  /** Parts of the paths of the sources whose coverage guides and counts. */
  readonly files: readonly string[];
  seeds(): Uint8Array[];
  /** Words that mean something to the reader. */
  readonly dictionary: readonly string[];
  run(input: Uint8Array, random: Random): void | Promise<void>;
};

/** Makes a target with a folder of its own to work in. */
export type TargetMaker = (folder: string) => Target | Promise<Target>;

const MAKERS: Readonly<Record<string, TargetMaker>> = {
  link: linkTarget,
  package: packageTarget,
  tflite: tfliteTarget,
  weights: weightsTarget,
  ...importTargets,
  text: textTarget,
  photo: photoTarget,
  project: projectTarget,
  "older-project": olderProjectTarget,
  contract: contractTarget,
  "static-files": staticFilesTarget,
  "command-line": cliTarget,
};

export const TARGETS: readonly string[] = Object.keys(MAKERS);

export async function targetNamed(name: string, folder: string): Promise<Target> {
  const maker = MAKERS[name];
  if (maker === undefined) throw new Error(`there is no fuzz target ${name}`);
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  return maker(own);
}
