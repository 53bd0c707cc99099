/**
 * The forward pass of a trained network in plain float arithmetic, layer by layer: what calibration and the comparison with int8
 * look into. Training predicts with TensorFlow.js; this pass needs no backend and gives every layer's output.
 */
import type { NetworkLayer } from "../training/network.ts";
import { type PlannedLayer, product } from "./layer-plan.ts";
import { type LayerWeights, layerSums } from "./layer-sums.ts";

export type FloatPass = {
  readonly inputs: number;
  /** Outputs of all layers for one window of `inputs` features, each flat in row-major order. */
  readonly run: (features: Float32Array) => Float32Array[];
};

/** Makes the pass of a network whose layers have been planned (layer-plan.ts). */
export function floatPass(layers: readonly PlannedLayer[]): FloatPass {
  const weights = layers.map(({ layer }) => weightsOf(layer));
  return {
    inputs: product(layers[0]?.inputShape ?? []),
    run: (features) => {
      let values = features;
      return layers.map((planned, index) => {
        values = activated(planned.layer, layerSums(planned, values, weights[index] ?? null));
        return values;
      });
    },
  };
}

const weightsOf = (layer: NetworkLayer): LayerWeights | null =>
  "kernel" in layer ? { kernel: layer.kernel, bias: Float64Array.from(layer.bias) } : null;

function activated(layer: NetworkLayer, sums: Float64Array): Float32Array {
  if (layer.kind === "softmax") return new Float32Array(softmax(sums));
  const values = new Float32Array(sums);
  return "activation" in layer && layer.activation === "relu"
    ? values.map((value) => Math.max(0, value))
    : values;
}

/** Softmax of logits; the largest is subtracted first, so that none overflows. */
export function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = logits.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((all, value) => all + value, 0);
  return powers.map((value) => value / sum);
}
