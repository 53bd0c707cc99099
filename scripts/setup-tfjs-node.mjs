/**
 * `npm run setup:tfjs-node`: the optional training backend tfjs-node. Takes the package's own download where that works; else
 * builds its add-on (two C++ files) against the TensorFlow library inside PyPI's tensorflow-cpu, which goes into a virtual
 * environment in .tools/tensorflow. Linux only for the latter. Plain JavaScript for Node 20 and newer.
 *
 *   node scripts/setup-tfjs-node.mjs [--tensorflow-only]     (only the Python environment, for bench/training.ts)
 */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./setup/lock.mjs";
import { problem, problems, root, run, say } from "./setup/report.mjs";
import { setUpSystemPackages } from "./setup/system-packages.mjs";

const TENSORFLOW = "tensorflow-cpu==2.21.0";
const NODE_HEADERS = "node-api-headers@1.5.0";
const ENVIRONMENT = join(root, ".tools/tensorflow");
const PYTHON = join(ENVIRONMENT, "bin/python");
const HEADERS = join(root, ".tools/node-headers");
const PACKAGE = join(root, "node_modules/@tensorflow/tfjs-node");
const ADDON = join(PACKAGE, "lib/napi-v8/tfjs_binding.node");
const NODE = join(
  root,
  process.platform === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/node/bin/node",
);

/** What the backend must be able to do to count as installed. */
const TRIAL = `
  const util = require("node:util");
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  const tf = require("@tensorflow/tfjs-node");
  const [sum] = tf.matMul(tf.ones([1, 3]), tf.ones([3, 1])).dataSync();
  if (sum !== 3 || tf.getBackend() !== "tensorflow") process.exit(1);`;

const works = async () => {
  if (!existsSync(ADDON)) return false;
  try {
    await run("trial of tfjs-node", NODE, ["-e", TRIAL]);
    return true;
  } catch (error) {
    say(error.message);
    return false;
  }
};

/** The package's own installer: a library and an add-on from TensorFlow's servers. */
async function download() {
  say("Trying tfjs-node's own download (about 200 MB).");
  try {
    await run("download", NODE, ["scripts/install.js", "cpu"], { cwd: PACKAGE, timeout: 300_000 });
    return await works();
  } catch {
    say("Its own download cannot be had here.");
    return false;
  }
}

async function setUpTensorflow() {
  if (existsSync(PYTHON) && sitePackages() !== null) return true;
  const missing = await setUpSystemPackages(["python"]);
  if (missing.length > 0) return false;
  say(`Installing ${TENSORFLOW} into .tools/tensorflow (1.6 GB on disk; needs PyPI).`);
  try {
    await run("Python environment", "python3", ["-m", "venv", ENVIRONMENT]);
    await run("TensorFlow", PYTHON, ["-m", "pip", "install", "--quiet", TENSORFLOW]);
  } catch (error) {
    problem(error.message);
    return false;
  }
  return sitePackages() !== null;
}

/** The folder of TensorFlow in the environment, with its library and headers; null where it is not there. */
function sitePackages() {
  const lib = join(ENVIRONMENT, "lib");
  if (!existsSync(lib)) return null;
  const folders = readdirSync(lib).map((python) => join(lib, python, "site-packages/tensorflow"));
  return folders.find((folder) => existsSync(join(folder, "libtensorflow_cc.so.2"))) ?? null;
}

async function build() {
  if (process.platform !== "linux") {
    problem("Building tfjs-node's add-on is done on Linux only. Train with the WASM backend.");
    return;
  }
  const missing = await setUpSystemPackages(["build"]);
  if (missing.length > 0 || !(await setUpTensorflow())) return;
  const tensorflow = sitePackages();
  try {
    if (!existsSync(HEADERS)) {
      await run("Node-API headers", "npm", [
        "install",
        "--prefix",
        HEADERS,
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        NODE_HEADERS,
      ]);
    }
    mkdirSync(join(PACKAGE, "lib/napi-v8"), { recursive: true });
    await run("add-on", "g++", [
      "-std=c++17",
      "-O2",
      "-shared",
      "-fPIC",
      "-DNAPI_VERSION=8",
      `-I${PACKAGE}`,
      `-I${join(tensorflow, "include")}`,
      `-I${join(HEADERS, "node_modules/node-api-headers/include")}`,
      join(PACKAGE, "binding/tfjs_backend.cc"),
      join(PACKAGE, "binding/tfjs_binding.cc"),
      `-L${tensorflow}`,
      "-l:libtensorflow_cc.so.2",
      "-l:libtensorflow_framework.so.2",
      `-Wl,-rpath,${tensorflow}`,
      "-o",
      ADDON,
    ]);
  } catch (error) {
    problem(error.message);
    return;
  }
  if (!(await works()))
    problem("tfjs-node's add-on was built but does not work; training goes on with WASM.");
}

await withLock(async () => {
  if (process.argv.includes("--tensorflow-only")) {
    await setUpTensorflow();
    return;
  }
  if (!existsSync(PACKAGE)) {
    problem("The optional package @tensorflow/tfjs-node is not installed: npm install, then try again.");
    return;
  }
  if ((await works()) || (await download())) return;
  await build();
});
say(problems.length === 0 ? "Done." : "Not done: see above.");
process.exitCode = problems.length === 0 ? 0 : 1;
