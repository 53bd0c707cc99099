/** What a layer is on a tape: its two directions, where its tensors lie, and what it is built with. Knows no layer. */
import type { ParameterRole } from "../parameters.ts";
import type { Heap, Kernels } from "./kernel-module.ts";
import type { Team } from "./team.ts";

/** Where the values of a tensor of the batch lie and where their gradient does. */
export type Place = { readonly values: number; readonly gradient: number; readonly size: number };

/** What one pass is about. */
export type Pass = {
  /** Windows of this thread's part. */
  readonly rows: number;
  /** Windows of the whole batch, and the first of this part in it. */
  readonly batch: number;
  readonly first: number;
  readonly training: boolean;
  /** Counts batches; dropout differs in each. */
  readonly step: number;
};

export type Node = {
  forward(pass: Pass): void;
  /** Takes the gradient at its output, adds its parameters' gradients, leaves the gradient at its input (unless it is the first). */
  backward(pass: Pass): void;
};

/** What nodes are built with. */
export type Workshop = {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly team: Team;
  readonly seed: number;
  /** Windows that the buffers hold. */
  readonly capacity: number;
  /** Floats at a pointer. */
  view(pointer: number, count: number): Float32Array;
  /** Room for `count` floats for the life of the tape. */
  allocate(count: number): number;
  /** Scratch of at least `count` floats, shared by all nodes and calls: `slot` 0 is patches, 1 panels, 2 a transposed kernel. */
  scratch(slot: 0 | 1 | 2, count: number): () => number;
  /** Pointers to the value and the gradient of a layer's parameter; null where the layer has none. */
  parameter(layer: number, role: ParameterRole): { value: number; gradient: number } | null;
};
