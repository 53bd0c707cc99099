/**
 * The forward pass of a quantised network, layer by layer, for looking into it: what each layer loses. It follows the rules of the
 * quantisation specification in double precision, so a value may differ by one step from the boards' fixed-point arithmetic; scores
 * that count come from the device twin.
 */
import { softmax } from "./float-pass.ts";
import { type LayerWeights, layerSums } from "./layer-sums.ts";
import type { QuantisedLayer, QuantisedNetwork } from "./quantise.ts";

export type Int8Pass = {
  /** Outputs of all layers for one window of quantised features. */
  readonly run: (input: Int8Array) => Int8Array[];
};

export function int8Pass({ layers }: QuantisedNetwork): Int8Pass {
  const weights = layers.map(weightsOf);
  return {
    run: (input) => {
      let values = input;
      return layers.map((layer, index) => {
        values = runLayer(layer, weights[index] ?? null, values);
        return values;
      });
    },
  };
}

const weightsOf = ({ weights }: QuantisedLayer): LayerWeights | null =>
  weights && { kernel: new Float32Array(weights.kernel), bias: new Float64Array(weights.bias) };

function runLayer(quantised: QuantisedLayer, weights: LayerWeights | null, values: Int8Array): Int8Array {
  const { layer, input, output } = quantised;
  if (weights !== null && quantised.weights !== null) {
    const shifted = new Float32Array(values).map((value) => value - input.zeroPoint);
    const sums = layerSums(quantised, shifted, weights);
    return rescaled(sums, quantised, quantised.weights.scales);
  }
  if (layer.kind === "softmax") {
    const logits = new Float64Array(values).map((value) => (value - input.zeroPoint) * input.scale);
    return toInt8(softmax(logits).map((score) => Math.round(score / output.scale) + output.zeroPoint));
  }
  return toInt8(layerSums(quantised, new Float32Array(values), null).map(roundedAwayFromZero));
}

function rescaled(
  sums: Float64Array,
  { layer, input, output }: QuantisedLayer,
  scales: Float32Array,
): Int8Array {
  const multipliers = Array.from(scales, (scale) => (input.scale * scale) / output.scale);
  const least = "activation" in layer && layer.activation === "relu" ? output.zeroPoint : -128;
  return toInt8(
    sums.map((sum, i) => {
      const steps = roundedAwayFromZero(sum * (multipliers[i % multipliers.length] as number));
      return Math.max(least, steps + output.zeroPoint);
    }),
  );
}

const roundedAwayFromZero = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

const toInt8 = (values: Float64Array): Int8Array =>
  new Int8Array(values.map((value) => Math.max(-128, Math.min(127, value))));
