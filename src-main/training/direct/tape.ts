/**
 * The layers of an architecture as calls of the training kernels: forward and backward over a part of a batch, on buffers that are
 * laid out once. Knows kernels and shapes; not where samples come from nor how weights change.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import { type Architecture, type LayerSpec, sizeOf } from "../architecture.ts";
import type { Parameter } from "../parameters.ts";
import { convolution, depthwise } from "./convolution-nodes.ts";
import type { Node, Pass, Place, Workshop } from "./node.ts";
import { normalisation } from "./normalisation-node.ts";
import { dense, dropout, pool } from "./simple-nodes.ts";

export type Tape = {
  readonly input: Place;
  /** Logits or the value. */
  readonly output: Place;
  forward(pass: Pass): void;
  backward(pass: Pass): void;
  dispose(): void;
};

export type ParameterPlaces = readonly { readonly value: number; readonly gradient: number }[];

export function buildTape(
  architecture: Architecture,
  parameters: readonly Parameter[],
  places: ParameterPlaces,
  tools: Pick<Workshop, "kernels" | "heap" | "team" | "seed" | "capacity" | "view">,
): Tape {
  const { heap, capacity } = tools;
  const allocated: number[] = [];
  const allocate = (count: number) => {
    const pointer = heap.allocate(count);
    allocated.push(pointer);
    return pointer;
  };
  const sizes = [0, 0, 0];
  const scratches = [0, 0, 0];
  const shop: Workshop = {
    ...tools,
    allocate,
    scratch(slot, count) {
      sizes[slot] = Math.max(sizes[slot] ?? 0, count);
      return () => scratches[slot] ?? 0;
    },
    parameter(layer, role) {
      const index = parameters.findIndex((item) => item.layer === layer && item.role === role);
      return places[index] ?? null;
    },
  };

  const size = sizeOf(architecture.inputShape);
  const input: Place = { values: allocate(capacity * size), gradient: 0, size };
  const nodes: Node[] = [];
  let place = input;
  architecture.layers.forEach((spec, index) => {
    const made = nodeOf(spec, index, place, architecture, shop);
    if (made === null) return;
    nodes.push(made.node);
    place = made.output;
  });
  sizes.forEach((count, slot) => {
    if (count > 0) scratches[slot] = allocate(count);
  });

  return {
    input,
    output: place,
    forward(pass) {
      for (const node of nodes) node.forward(pass);
    },
    backward(pass) {
      for (let index = nodes.length - 1; index >= 0; index--) nodes[index]?.backward(pass);
    },
    dispose() {
      for (const pointer of allocated) heap.free(pointer);
    },
  };
}

function nodeOf(
  spec: LayerSpec,
  index: number,
  input: Place,
  architecture: Architecture,
  shop: Workshop,
): { node: Node; output: Place } | null {
  const rectified = architecture.layers[index + 1]?.kind === "relu";
  const fresh = (): Place => {
    const size = sizeOf(spec.output);
    return {
      values: shop.allocate(shop.capacity * size),
      gradient: shop.allocate(shop.capacity * size),
      size,
    };
  };
  switch (spec.kind) {
    case "dense": {
      const output = fresh();
      return { node: dense(spec, index, input, output, rectified, shop), output };
    }
    case "conv2d": {
      const output = fresh();
      return { node: convolution(spec, index, input, output, rectified, shop), output };
    }
    case "depthwise-conv2d": {
      const output = fresh();
      return { node: depthwise(spec, index, input, output, rectified, shop), output };
    }
    case "max-pool":
    case "average-pool": {
      const output = fresh();
      return { node: pool(spec, input, output, shop), output };
    }
    case "batch-normalisation": {
      // Its gradient is computed in place: input and output share one buffer.
      const output = {
        values: shop.allocate(shop.capacity * input.size),
        gradient: input.gradient,
        size: input.size,
      };
      return { node: normalisation(spec, index, input, output, rectified, shop), output };
    }
    case "relu":
      // Done by the layer before it.
      return null;
    case "dropout":
      return { node: dropout(spec.rate, index, input, shop), output: input };
    case "reshape":
    case "softmax":
      // The same values; the softmax is part of the loss.
      return null;
    default:
      throw new LimpetError("internal", "A layer has no node.");
  }
}
