/**
 * The firmware's WebAssembly build as a whole board (docs/boards.md, "The simulated board"): memory in and out, nothing of
 * time or lines. The exports are the firmware's board port `wasm`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";
import { firmwareFolder } from "./firmware-image.ts";

type Call = (...values: (number | bigint)[]) => number;
const call = z.custom<Call>((value) => typeof value === "function");

const exportsSchema = z.object({
  memory: z.instanceof(WebAssembly.Memory),
  _initialize: call.optional(),
  limpet_board_flash_bytes: call,
  limpet_board_allocate: call,
  limpet_board_start: call,
  limpet_board_receive: call,
  limpet_board_step: call,
  limpet_board_transmit: call,
  limpet_board_reset_wanted: call,
  limpet_board_light: call,
});
type BoardExports = z.infer<typeof exportsSchema>;

/** Bytes that are moved in one call. */
const BUFFER_BYTES = 16_384;

export type SimulatedFirmware = {
  /** Hands bytes to the board's receiver. */
  receive(bytes: Uint8Array): void;
  /** Runs the board until its clock shows `timeUs`, microseconds since it was switched on. */
  step(timeUs: bigint): void;
  /** What it has sent since the last call. */
  transmit(): Uint8Array;
  /** Whether it was asked to restart. */
  resetWanted(): boolean;
  /** Whether its light is on. */
  light(): boolean;
  /** A copy of its flash. */
  flash(): Uint8Array;
};

let compiled: Promise<WebAssembly.Module> | null = null;

function compile(folder: string): Promise<WebAssembly.Module> {
  compiled ??= (async () => WebAssembly.compile(readFileSync(join(folder, "twin.wasm"))))().catch((error) => {
    compiled = null;
    throw missing(error);
  });
  return compiled;
}

/** SHA-256 (hex) of the build. Throws `setup-missing`. */
export function simulatedFirmwareHash(folder = firmwareFolder()): string {
  try {
    return createHash("sha256")
      .update(readFileSync(join(folder, "twin.wasm")))
      .digest("hex");
  } catch (error) {
    throw missing(error);
  }
}

const missing = (cause: unknown): LimpetError =>
  new LimpetError("setup-missing", "The simulated board has not been built.", {
    field: "simulated",
    hint: "Run `npm run setup`. It needs clang with WebAssembly and says so where that is missing.",
    cause,
  });

/** Switches a board on. `flash` is what it had stored (null: a new board), `signal` the container that its sensors measure. */
export async function startSimulatedFirmware(
  flash: Uint8Array | null,
  signal: Uint8Array,
  folder = firmwareFolder(),
): Promise<SimulatedFirmware> {
  const module = await compile(folder);
  const instance = await WebAssembly.instantiate(module, systemImports(module));
  const parsed = exportsSchema.safeParse({ ...instance.exports });
  if (!parsed.success) {
    throw missing(parsed.error);
  }
  const board = parsed.data;
  board._initialize?.();
  const flashBytes = board.limpet_board_flash_bytes();
  const flashAt = place(board, flash, flashBytes);
  const signalAt = place(board, signal, Math.max(8, signal.length));
  const bufferAt = place(board, null, BUFFER_BYTES);
  const status = board.limpet_board_start(flashAt, signalAt, signal.length);
  if (status !== 0) {
    throw new LimpetError("board-refused", `The simulated board did not start (error ${status}).`, {
      field: "simulated",
      hint: "Try another signal, or none.",
    });
  }
  // The memory's buffer is another one after it has grown, so views are made anew each time.
  const view = (at: number, bytes: number): Uint8Array => new Uint8Array(board.memory.buffer, at, bytes);
  return {
    receive: (bytes) => {
      for (let at = 0; at < bytes.length; at += BUFFER_BYTES) {
        const part = bytes.subarray(at, at + BUFFER_BYTES);
        view(bufferAt, part.length).set(part);
        board.limpet_board_receive(bufferAt, part.length);
      }
    },
    step: (timeUs) => {
      board.limpet_board_step(timeUs);
    },
    transmit: () => {
      const parts: Uint8Array[] = [];
      for (;;) {
        const count = board.limpet_board_transmit(bufferAt, BUFFER_BYTES);
        if (count <= 0) break;
        parts.push(view(bufferAt, count).slice());
      }
      return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
    },
    resetWanted: () => board.limpet_board_reset_wanted() !== 0,
    light: () => board.limpet_board_light() !== 0,
    flash: () => view(flashAt, flashBytes).slice(),
  };
}

function place(board: BoardExports, content: Uint8Array | null, bytes: number): number {
  const at = board.limpet_board_allocate(bytes);
  const target = new Uint8Array(board.memory.buffer, at, bytes);
  // Erased flash reads as ones.
  target.fill(0xff);
  if (content !== null) target.set(content.subarray(0, bytes));
  return at;
}

/** The C library asks for a few system calls that a board never makes; each answers "no such thing" (WASI's ENOSYS). */
function systemImports(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") continue;
    imports[from] ??= {};
    (imports[from] as Record<string, () => number>)[name] = () => 52;
  }
  return imports;
}
