/**
 * The training kernels (kernels/*.c, built by scripts/build-kernels.mjs) on a memory: TensorFlow.js's own, so that they work on
 * its tensors, or one of a helper thread. Knows how the module is loaded and how memory is had; not what the kernels are for.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";

/** The kernels by name, as kernels/*.c declares them; pointers are byte offsets into the memory. */
const NAMES = [
  "product",
  "transpose",
  "place_image",
  "patches_of",
  "add_patches",
  "depthwise",
  "depthwise_image_gradient",
  "depthwise_kernel_gradient",
  "turn_kernel",
  "max_pool",
  "max_pool_gradient",
  "average_pool",
  "average_pool_gradient",
  "add_bias",
  "add_column_sums",
  "add_column_squares",
  "rectify",
  "rectify_gradient",
  "drop",
  "scale_columns",
  "add_normalisation_sums",
  "normalisation_gradient",
  "clear",
  "add_penalty",
  "adam",
] as const;
export type KernelName = (typeof NAMES)[number];
export type Kernels = Readonly<Record<KernelName, (...values: number[]) => void>>;

/** A memory with room to be had in it. Pointers are byte offsets, multiples of 16. */
export type Heap = {
  readonly memory: WebAssembly.Memory;
  /** Room for `count` floats. */
  allocate(count: number): number;
  free(pointer: number): void;
};

/** The C stack of the module; the kernels need next to none. */
const STACK_BYTES = 65_536;

const FILE = join(import.meta.dirname, "../../../resources/firmware/training-kernels.wasm");

export function kernelsBuilt(): boolean {
  return existsSync(FILE);
}

const loaded = new WeakMap<Heap, Kernels>();

/** The kernels on a heap's memory, put there once. Throws `setup-missing` where they are not built. */
export function loadKernels(heap: Heap): Kernels {
  const known = loaded.get(heap);
  if (known !== undefined) return known;
  const kernels = instantiate(heap);
  loaded.set(heap, kernels);
  return kernels;
}

function instantiate(heap: Heap): Kernels {
  const { memory } = heap;
  const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
  const stack = instance.exports.__stack_pointer;
  if (stack instanceof WebAssembly.Global) {
    stack.value = (heap.allocate(STACK_BYTES / 4) + STACK_BYTES) & ~15;
  }
  return Object.fromEntries(
    NAMES.map((name) => {
      const kernel = instance.exports[name];
      if (typeof kernel !== "function") throw outdated();
      return [name, kernel];
    }),
  ) as Kernels;
}

let module: WebAssembly.Module | null = null;

function compiled(): WebAssembly.Module {
  if (module !== null) return module;
  if (!kernelsBuilt()) {
    throw new LimpetError("setup-missing", "The training kernels are not built.", {
      hint: "Run `npm run setup`: it needs clang for WebAssembly and says how to install it.",
      field: "resources/firmware/training-kernels.wasm",
    });
  }
  module = new WebAssembly.Module(readFileSync(FILE));
  return module;
}

function outdated(): LimpetError {
  return new LimpetError("setup-missing", "The training kernels were built from an older source.", {
    hint: "Run `npm run setup`.",
  });
}

const PAGE_BYTES = 65_536;

/** A memory of its own that only grows; for threads that end with the training. */
export function createHeap(): Heap {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536 });
  let end = 1024;
  return {
    memory,
    allocate(count) {
      const start = end;
      end = Math.ceil((start + count * 4) / 16) * 16;
      const lacking = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
      if (lacking > 0) memory.grow(lacking);
      return start;
    },
    free: () => {},
  };
}
