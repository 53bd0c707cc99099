/** Conversion: a trained float network becomes an int8 .tflite file for the boards. */
import type { TrainedNetwork } from "../training/network.ts";
import { type Quantisation, type QuantisedNetwork, quantiseNetwork } from "./quantise.ts";
import { buildGraph, operationNames } from "./tflite-graph.ts";
import { writeTflite } from "./tflite-writer.ts";

export type ConvertedNetwork = {
  readonly tflite: Uint8Array;
  /** Of the int8 input and output tensors. */
  readonly input: Quantisation;
  readonly output: Quantisation;
  /** Operations that the board must have, such as `CONV_2D`, each once. */
  readonly operations: readonly string[];
  /** The network that was written, for layer-noise.ts. */
  readonly quantised: QuantisedNetwork;
};

/**
 * Quantises a network to int8 (quantise.ts) and writes it as .tflite: int8 in and out, one input [1, ...], one output [1, outputs].
 *
 * @param calibration normalised features of training windows, count x inputs, row-major; 100 to 500 windows of all classes do
 * @throws LimpetError `conversion-failed`; `field` names the layer that cannot be expressed
 */
export function convertToTflite(
  network: TrainedNetwork,
  calibration: Float32Array,
  count: number,
): ConvertedNetwork {
  const quantised = quantiseNetwork(network, calibration, count);
  const graph = buildGraph(quantised);
  return {
    tflite: writeTflite(graph),
    input: quantised.input,
    output: quantised.output,
    operations: operationNames(graph),
    quantised,
  };
}
