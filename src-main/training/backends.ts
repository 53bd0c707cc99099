/** The training backends with a plain word on each. Loads neither. */
import { kernelsBuilt } from "./direct/kernel-module.ts";
import { whyNoTfjsNode } from "./tfjs/node-parts.ts";
import type { BackendName } from "./training-protocol.ts";

export type BackendInfo = {
  readonly name: BackendName;
  readonly available: boolean;
  /** What it is, or why it is not there. */
  readonly reason: string;
};

/** Both backends; `auto` takes the first that is available. */
export function availableBackends(): BackendInfo[] {
  const why = whyNoTfjsNode();
  const built = kernelsBuilt();
  const wasm: BackendInfo = {
    name: "wasm",
    available: true,
    reason: built
      ? "TensorFlow.js in WebAssembly with Limpet's training kernels, on two threads."
      : "TensorFlow.js in WebAssembly; only dense networks, since the training kernels are not built (npm run setup builds them).",
  };
  const node: BackendInfo = {
    name: "tfjs-node",
    available: why === null,
    reason: why ?? "TensorFlow.js with TensorFlow's native library.",
  };
  return built ? [wasm, node] : [node, wasm];
}
