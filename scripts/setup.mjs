/**
 * Sets up what Limpet needs, by stage: `engine` (npm packages, Node 24), `firmware` (compilers, QEMU, firmware, twin, training kernels), `app`
 * (the built interface, Electron), `voices` (espeak-ng, for the example wake-word), `tests` (browser, Xvfb, Python, an Electron runtime). What is done is not done again.
 * Plain JavaScript for Node 20 and newer, without dependencies: it runs before anything is installed.
 *
 *   node scripts/setup.mjs [--engine] [--firmware] [--app] [--tests] [--electron] [--voices]     (without a flag: engine, firmware, app)
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setUpApp, setUpElectron } from "./setup/app-build.mjs";
import { setUpFirmware } from "./setup/firmware.mjs";
import { setUpKernels } from "./setup/kernels.mjs";
import { withLock } from "./setup/lock.mjs";
import { setUpNpmPackages } from "./setup/npm-packages.mjs";
import { problem, problems, root, say } from "./setup/report.mjs";
import { setUpSystemPackages } from "./setup/system-packages.mjs";
import { setUpTestTools } from "./setup/test-tools.mjs";

/** Commands that work with boards, with the twin, or with neither. */
const NEEDS_FIRMWARE = new Set([
  "boards",
  "virtual",
  "record",
  "deploy",
  "monitor",
  "log",
  "train",
  "tune",
  "evaluate",
  "predict",
  "features",
  "export",
]);

/** The stages that a command line needs. */
export function stagesFor(line) {
  const command = line.find((word) => !word.startsWith("-"));
  if (line.includes("--help") || line.includes("-h") || command === undefined) return ["engine"];
  if (command === "app") {
    const web = line.includes("web") || line.includes("--no-open");
    return ["engine", "firmware", "app", ...(web ? [] : ["electron"])];
  }
  if (line.some((word) => word.endsWith("wake-word"))) return ["engine", "firmware", "voices"];
  if (NEEDS_FIRMWARE.has(command) || line.includes("--example")) return ["engine", "firmware"];
  return ["engine"];
}

/** Sets up what a command line needs. Ends the process where nothing can run at all. */
export async function ensureFor(line) {
  // A package has everything inside; only a source tree is set up.
  if (!existsSync(join(root, "package-lock.json"))) return;
  await setUp(stagesFor(line));
}

/** Does stages in order. Resolves with what could not be done. */
export async function setUp(stages) {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    say(`Limpet needs Node 20 or newer to start; this is ${process.versions.node}.`);
    process.exit(1);
  }
  await withLock(async () => {
    try {
      await setUpNpmPackages();
    } catch (error) {
      problem(error.message);
      say(
        "Without the npm packages nothing can run. Check the connection to the npm registry and try again.",
      );
      process.exit(1);
    }
    if (stages.includes("firmware")) {
      await setUpFirmware();
      await setUpKernels();
    }
    if (stages.includes("voices")) await setUpSystemPackages(["voices"]);
    if (stages.includes("app")) await setUpApp();
    if (stages.includes("electron")) await setUpElectron();
    if (stages.includes("tests")) await setUpTestTools();
  });
  return problems;
}

async function main() {
  const known = ["engine", "firmware", "app", "electron", "voices", "tests"];
  const flags = process.argv.slice(2).map((word) => word.replace(/^--/, ""));
  const wrong = flags.find((flag) => !known.includes(flag));
  if (wrong !== undefined) {
    say(`There is no stage ${wrong}. Stages: ${known.map((name) => `--${name}`).join(" ")}`);
    process.exit(2);
  }
  if (flags.includes("electron")) rmSync(join(root, ".tools/stamps/electron-tried"), { force: true });
  const left = await setUp(flags.length === 0 ? ["engine", "firmware", "app"] : flags);
  say(left.length === 0 ? "All is set up." : `Not done (${left.length}): see above.`);
  process.exitCode = left.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
