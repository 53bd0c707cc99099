/**
 * TensorFlow.js's tfjs-node backend in this thread: TensorFlow's own CPU kernels through an add-on that not every machine has
 * (`npm run setup:tfjs-node` builds it).
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import util from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { LimpetError } from "../../../src-shared/errors.ts";
import { whyNoTfjsNode } from "./node-parts.ts";

const require = createRequire(join(import.meta.dirname, "here.js"));

/** Makes it the current backend. Throws `setup-missing` with the reason where it does not load. */
export async function startTfjsNode(): Promise<void> {
  const reason = whyNoTfjsNode();
  if (reason !== null) throw missing(reason);
  // Node 23 took this function away, which tfjs-node 4.22 calls.
  if (!("isNullOrUndefined" in util)) {
    Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined });
  }
  try {
    require("@tensorflow/tfjs-node");
    await tf.setBackend("tensorflow");
    await tf.ready();
  } catch (error) {
    const words = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw missing(`Its native part does not load: ${words}`, error);
  }
}

function missing(reason: string, cause?: unknown): LimpetError {
  return new LimpetError("setup-missing", `The tfjs-node backend is not there. ${reason}`, {
    field: "backend",
    hint: "Train with the backend `auto` or `wasm`.",
    cause,
  });
}
