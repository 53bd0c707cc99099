/** Firmware images and the WebAssembly build, by scripts/build-firmware.mjs, into resources/firmware. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { has, problem, root, run, say } from "./report.mjs";
import { hashOf, isDone, markDone } from "./stamps.mjs";
import { setUpSystemPackages } from "./system-packages.mjs";

const SCRIPT = "scripts/build-firmware.mjs";
const MADE = [
  "resources/firmware/virtual.bin",
  "resources/firmware/twin.wasm",
  "resources/firmware/NOTICES.txt",
];

export async function setUpFirmware() {
  if (!existsSync(join(root, SCRIPT))) return;
  const hash = hashOf(
    [
      "firmware",
      SCRIPT,
      "scripts/firmware-boards.mjs",
      "scripts/setup/arduino-sources.mjs",
      "scripts/setup/firmware-notices.mjs",
    ],
    process.env.TFLM_DIR ?? "",
  );
  if (isDone("firmware", hash, MADE)) return;
  // A tree that is named needs no fetching.
  const fetching = process.env.TFLM_DIR ? [] : ["cargo"];
  const missing = await setUpSystemPackages(["build", ...fetching, "wasm", "arm", "qemu"]);
  // An old cargo may do, where its index can be reached.
  if (missing.includes("build") || (missing.includes("cargo") && !(await has("cargo")))) {
    problem(
      "The firmware is not built: see above for what is missing. Recording, training and boards need it.",
    );
    return;
  }
  say(
    "Building firmware and device twin (about a minute the first time; TensorFlow Lite Micro is fetched by cargo).",
  );
  try {
    await run("firmware", process.execPath, [join(root, SCRIPT)]);
    if (missing.length === 0) markDone("firmware", hash);
  } catch (error) {
    problem(error.message);
  }
}
