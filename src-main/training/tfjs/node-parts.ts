/** Whether the parts of the tfjs-node backend are there. Loads nothing, so the engine may ask at any time. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(join(import.meta.dirname, "here.js"));

/** Why the backend cannot be used, in plain words; null where its parts are there. Loads nothing. */
export function whyNoTfjsNode(): string | null {
  let folder: string;
  try {
    folder = dirname(require.resolve("@tensorflow/tfjs-node/package.json"));
  } catch {
    return "The package @tensorflow/tfjs-node is not installed.";
  }
  const made = [
    "lib/napi-v8/tfjs_binding.node",
    process.platform === "win32" ? "deps/lib/tensorflow.dll" : null,
  ];
  if (made.every((path) => path === null || existsSync(join(folder, path)))) return null;
  return "Its native part is not built; npm run setup:tfjs-node does that where TensorFlow's library can be had.";
}
