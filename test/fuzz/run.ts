/**
 * `npm run test:fuzz`: all fuzzers, TypeScript and C, with inputs tried and coverage. Ten minutes as it stands, longer by flag.
 *
 *   node test/fuzz/run.ts [--seconds 20] [--only wav,csv,c:link] [--seed N] [--keep FOLDER]
 *
 * A finding is written to FOLDER; once mended it belongs into test/fuzz/findings/TARGET (or test/fuzz/c/findings/FUZZER).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { C_FUZZERS, fuzzersAvailable, runCFuzzer } from "./c-fuzzers.ts";
import { fuzz } from "./fuzzer.ts";
import { TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    only: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
    keep: { type: "string", default: "fuzz-findings" },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);
const wanted = (name: string): boolean => values.only === undefined || values.only.split(",").includes(name);
// In memory where the system has a place for that: project files are written by the thousand.
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "limpet-fuzz-"));
const keep = resolve(values.keep);
// A command line made of chance names files of its own, which are to end with the folder.
process.chdir(folder);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const share = (reached: number, all: number): string =>
  `${reached} of ${all} (${((100 * reached) / Math.max(1, all)).toFixed(0)} %)`;
let total = 0;
let findings = 0;

function found(name: string, what: string, input: Uint8Array | null): void {
  findings++;
  say(`  FINDING in ${name}: ${what}`);
  if (input === null) return;
  mkdirSync(keep, { recursive: true });
  const path = join(keep, `${name}-${seed}`);
  writeFileSync(path, input);
  say(`  its input is at ${path}`);
}

say(`seed ${seed}, ${seconds} s each`);
for (const target of TARGETS.filter(wanted)) {
  const own = join(folder, target);
  const result = await fuzz({ target, folder: own, seed, runs: Number.POSITIVE_INFINITY, seconds });
  total += result.runs;
  const { reached, all } = result.blocks;
  say(
    `${target.padEnd(14)} ${String(result.runs).padStart(8)} inputs, ${result.corpus} in the corpus, blocks ${share(reached, all)}`,
  );
  if (result.finding !== null) found(target, result.finding.what, result.finding.input);
  rmSync(own, { recursive: true, force: true });
}
const missing = fuzzersAvailable(folder);
if (missing !== null) say(`C fuzzers skipped: ${missing}.`);
for (const fuzzer of missing === null ? C_FUZZERS.filter((name) => wanted(`c:${name}`)) : []) {
  const result = runCFuzzer(fuzzer, folder, seconds, seed);
  total += result.runs;
  const lines = result.lines === null ? "" : `, lines ${share(result.lines.reached, result.lines.all)}`;
  say(`${`c:${fuzzer}`.padEnd(14)} ${String(result.runs).padStart(8)} inputs, ${result.edges} edges${lines}`);
  if (result.finding !== null) found(`c:${fuzzer}`, result.finding, null);
}
rmSync(folder, { recursive: true, force: true });
say(`${total} inputs in all, ${findings} findings`);
process.exitCode = findings === 0 ? 0 : 1;
