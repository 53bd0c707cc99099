/** The training kernels in WebAssembly, by scripts/build-kernels.mjs, into resources/firmware. */
import { problem } from "./report.mjs";
import { hashOf, isDone, markDone } from "./stamps.mjs";
import { setUpSystemPackages } from "./system-packages.mjs";

const MADE = ["resources/firmware/training-kernels.wasm"];

export async function setUpKernels() {
  const hash = hashOf(["src-main/training/kernels", "scripts/build-kernels.mjs"]);
  if (isDone("kernels", hash, MADE)) return;
  const missing = await setUpSystemPackages(["wasm"]);
  if (missing.length > 0) {
    problem("The training kernels are not built: only dense networks can be trained.");
    return;
  }
  try {
    const { buildKernels } = await import("../build-kernels.mjs");
    await buildKernels();
    markDone("kernels", hash);
  } catch (error) {
    problem(error.message);
  }
}
