/**
 * The device twin (docs/boards.md): front end, network, pipeline and signal generator of the firmware, in WebAssembly. The only
 * computation of features and of int8 scores on the laptop. Knows bytes and numbers, no designs and no projects.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { LimpetError } from "../../src-shared/errors.ts";
import { firmwareFolder } from "../boards/firmware-image.ts";
import type { MachineParameters, Warmth } from "./generated-machine.ts";

type Call = (...values: number[]) => number;
const call = z.custom<Call>((value) => typeof value === "function");

const exportsSchema = z.object({
  memory: z.instanceof(WebAssembly.Memory),
  _initialize: call,
  limpet_twin_allocate: call,
  limpet_twin_free: call,
  limpet_twin_frontend_version: call,
  limpet_twin_frontend_measure: call,
  limpet_twin_frontend_compute: call,
  limpet_twin_frontend_repeat: call,
  limpet_twin_network_load: call,
  limpet_twin_network_invoke: call,
  limpet_twin_pipeline_load: call,
  limpet_twin_pipeline_run: call,
  limpet_twin_pipeline_label: call,
  limpet_twin_pipeline_test: call,
  limpet_twin_generate: call,
  limpet_twin_generate_celsius: call,
  limpet_twin_generate_pieces: call,
});
type TwinExports = z.infer<typeof exportsSchema>;

/** Computes features of windows by one configuration. */
export type TwinFrontend = {
  /** Values of one window: samples of all inputs in order, each interleaved by channel, in physical units. */
  readonly windowValues: number;
  readonly featureCount: number;
  /** Features before normalisation, into `out` where it is given. Throws `internal` for a window of another size. */
  compute(window: Float32Array, out?: Float32Array): Float32Array;
  /** Gives its memory back; the front end cannot be used any more. */
  close(): void;
};

/** An int8 network made ready. Valid until the next network or pipeline of its twin is loaded. */
export type TwinNetwork = {
  readonly inputCount: number;
  readonly outputCount: number;
  /** Bytes of arena that it takes, as on a board. */
  readonly arenaBytes: number;
  /** The output for one quantised input; a copy. */
  invoke(input: Int8Array): Int8Array;
};

/** What one window becomes; all are copies. */
export type TwinResult = {
  /** Before normalisation. */
  readonly features: Float32Array;
  readonly quantised: Int8Array;
  /** Output of the network. */
  readonly raw: Int8Array;
  readonly scores: Float32Array;
  /** Distance from the recorded states; null where the package has none. */
  readonly anomaly: number | null;
  /** What a board calls the window: index of the label; null: unknown, or a value. */
  readonly label: number | null;
};

export type TwinSelfTest = {
  /** Golden vectors run, and those that came out identical. */
  readonly run: number;
  readonly identical: number;
  /** First stage that differed: 0 none, 1 features, 2 quantised input, 3 scores, 4 anomaly score. */
  readonly stage: number;
};

/** A model package made ready, as a board does it. Valid until the next network or pipeline of its twin is loaded. */
export type TwinPipeline = {
  readonly windowValues: number;
  readonly featureCount: number;
  readonly scoreCount: number;
  readonly arenaBytes: number;
  /** Bytes of a board's pool that windows, features, work space and arena take together. */
  readonly poolBytes: number;
  run(window: Float32Array): TwinResult;
  selfTest(): TwinSelfTest;
};

/** Memory for arena and windows: far more than a board has, so that a design that fits none can still be judged. */
const POOL_BYTES = 32 * 1024 * 1024;
/** Samples per axis that are generated in one call. */
const GENERATED_PIECE = 65_536;
const AXES = 3;
/** Number of the label of a window that is none of them. */
const UNKNOWN = 255;

let compiled: Promise<WebAssembly.Module> | null = null;

function compile(folder: string): Promise<WebAssembly.Module> {
  compiled ??= (async () => WebAssembly.compile(readFileSync(join(folder, "twin.wasm"))))().catch((error) => {
    compiled = null;
    throw notBuilt(error);
  });
  return compiled;
}

const notBuilt = (cause: unknown): LimpetError =>
  new LimpetError("setup-missing", "The device twin has not been built.", {
    field: "twin.wasm",
    hint: "Run `npm run setup`. It needs clang with WebAssembly and says so where that is missing.",
    cause,
  });

export class Twin {
  /** Goes up when any feature changes by a bit; packages carry it, boards name theirs in HELLO. */
  readonly frontendVersion: number;
  /** What it was made from, for a twin in another thread. */
  readonly module: WebAssembly.Module;
  readonly #wasm: TwinExports;
  /** Memory of the loaded network or pipeline: its bytes, its pool. */
  #loaded: number[] = [];
  /** Counts loads, so that what was loaded before is not used by mistake. */
  #generation = 0;
  #crashed = false;

  private constructor(module: WebAssembly.Module, wasm: TwinExports) {
    this.module = module;
    this.#wasm = wasm;
    this.frontendVersion = wasm.limpet_twin_frontend_version();
  }

  /** A twin of its own memory. `folder`: where `twin.wasm` lies. Throws `setup-missing` where it has not been built. */
  static async load(folder = firmwareFolder()): Promise<Twin> {
    return Twin.of(folder === firmwareFolder() ? await compile(folder) : await compileOther(folder));
  }

  /** The same from another twin's module: it computes the same bits. */
  static async of(module: WebAssembly.Module): Promise<Twin> {
    const instance = await WebAssembly.instantiate(module, {});
    const parsed = exportsSchema.safeParse({ ...instance.exports });
    if (!parsed.success) throw notBuilt(parsed.error);
    parsed.data._initialize();
    return new Twin(module, parsed.data);
  }

  /**
   * Acceleration of a rotating machine in g, interleaved x (across the shaft), y (along it), z (up); `samples` per axis. The model
   * and its sources: firmware/boards/common/rotating_machine.c.
   */
  generate(machine: MachineParameters): Float32Array {
    return this.#generated(this.#wasm.limpet_twin_generate, AXES, machine);
  }

  /** Temperature of its bearing's housing, degrees Celsius. */
  generateCelsius(machine: MachineParameters & Warmth): Float32Array {
    const { ambient, runningSeconds } = machine;
    return this.#generated(this.#wasm.limpet_twin_generate_celsius, 1, machine, [ambient, runningSeconds]);
  }

  /** What the machine makes, pieces a minute. */
  generatePieces(machine: MachineParameters): Float32Array {
    return this.#generated(this.#wasm.limpet_twin_generate_pieces, 1, machine);
  }

  #generated(
    generator: Call,
    channels: number,
    machine: MachineParameters,
    more: readonly number[] = [],
  ): Float32Array {
    const { rateHz, shaftHz, load, imbalance, misalignment, bearing, noise, tilt, seed } = machine;
    const parameters = [rateHz, shaftHz, load, imbalance, misalignment, bearing, noise, tilt, seed, ...more];
    const out = new Float32Array(machine.samples * channels);
    const parametersAt = this.#allocate(8 * parameters.length);
    const samplesAt = this.#allocate(4 * channels * GENERATED_PIECE);
    try {
      new Float64Array(this.#wasm.memory.buffer, parametersAt, parameters.length).set(parameters);
      for (let first = 0; first < machine.samples; first += GENERATED_PIECE) {
        const count = Math.min(GENERATED_PIECE, machine.samples - first);
        generator(parametersAt, first, samplesAt, count);
        out.set(new Float32Array(this.#wasm.memory.buffer, samplesAt, channels * count), channels * first);
      }
    } finally {
      this.#free(parametersAt, samplesAt);
    }
    return out;
  }

  /** A front end by the bytes of a FRNT section. Throws `invalid-design` where the firmware refuses them. */
  frontend(frnt: Uint8Array): TwinFrontend {
    const wasm = this.#wasm;
    const frntAt = this.#place(frnt);
    const sizeAt = this.#allocate(12);
    const status = wasm.limpet_twin_frontend_measure(frntAt, frnt.length, sizeAt);
    const [windowValues, featureCount, scratchBytes] = this.#words(sizeAt, 3) as [number, number, number];
    this.#free(sizeAt);
    if (status !== 0) {
      this.#free(frntAt);
      throw new LimpetError(
        "invalid-design",
        status === -2
          ? "The front end has not all of the blocks or sizes of this configuration."
          : "The front end cannot compute this configuration: a parameter is out of its range.",
        { field: "features", hint: "Check decimation, FFT length, bands and window length." },
      );
    }
    const windowAt = this.#allocate(4 * windowValues);
    const scratchAt = this.#allocate(scratchBytes);
    const featuresAt = this.#allocate(4 * featureCount);
    let open = true;
    // Its tables are in its own work space, and stay there from one window to the next.
    let prepared = false;
    return {
      windowValues,
      featureCount,
      compute: (window, out = new Float32Array(featureCount)) => {
        if (!open) throw stale("front end");
        requireLength("window", window.length, windowValues);
        new Float32Array(wasm.memory.buffer, windowAt, windowValues).set(window);
        const compute = prepared ? wasm.limpet_twin_frontend_repeat : wasm.limpet_twin_frontend_compute;
        compute(frntAt, frnt.length, windowAt, scratchAt, featuresAt);
        prepared = true;
        out.set(new Float32Array(wasm.memory.buffer, featuresAt, featureCount));
        return out;
      },
      close: () => {
        if (open) this.#free(frntAt, windowAt, scratchAt, featuresAt);
        open = false;
      },
    };
  }

  /** Makes a .tflite model ready. Throws `conversion-failed` where the firmware's network library cannot run it. */
  network(tflite: Uint8Array): TwinNetwork {
    const wasm = this.#wasm;
    const [modelAt, poolAt, generation] = this.#load(tflite);
    const outAt = this.#allocate(20);
    const status = this.#guarded("network", () =>
      wasm.limpet_twin_network_load(modelAt, tflite.length, poolAt, POOL_BYTES, outAt),
    );
    const words = this.#words(outAt, 5);
    this.#free(outAt);
    if (status !== 0) throw refused("network", status);
    const [inputAt, inputCount, outputAt, outputCount, arenaBytes] = words as [
      number,
      number,
      number,
      number,
      number,
    ];
    return {
      inputCount,
      outputCount,
      arenaBytes,
      invoke: (input) => {
        if (generation !== this.#generation) throw stale("network");
        requireLength("input", input.length, inputCount);
        new Int8Array(wasm.memory.buffer, inputAt, inputCount).set(input);
        if (this.#guarded("network", () => wasm.limpet_twin_network_invoke()) !== 0) throw failed();
        return new Int8Array(wasm.memory.buffer, outputAt, outputCount).slice();
      },
    };
  }

  /** Makes a model package ready. Throws `conversion-failed` where a board would refuse it. */
  pipeline(modelPackage: Uint8Array): TwinPipeline {
    const wasm = this.#wasm;
    const [packageAt, poolAt, generation] = this.#load(modelPackage);
    const outAt = this.#allocate(44);
    const status = this.#guarded("package", () =>
      wasm.limpet_twin_pipeline_load(packageAt, modelPackage.length, poolAt, POOL_BYTES, outAt),
    );
    const words = this.#words(outAt, 11);
    this.#free(outAt);
    if (status !== 0) throw refused("package", status);
    const [windowAt, windowValues, featuresAt, featureCount, quantisedAt, rawAt, scoresAt, scoreCount] =
      words as [number, number, number, number, number, number, number, number];
    const anomalyAt = words[10] as number;
    const check = (): void => {
      if (generation !== this.#generation) throw stale("pipeline");
    };
    return {
      windowValues,
      featureCount,
      scoreCount,
      arenaBytes: words[8] as number,
      poolBytes: words[9] as number,
      run: (window) => {
        check();
        requireLength("window", window.length, windowValues);
        const { buffer } = wasm.memory;
        new Float32Array(buffer, windowAt, windowValues).set(window);
        if (this.#guarded("package", () => wasm.limpet_twin_pipeline_run()) !== 0) throw failed();
        const label = wasm.limpet_twin_pipeline_label();
        return {
          features: new Float32Array(buffer, featuresAt, featureCount).slice(),
          quantised: new Int8Array(buffer, quantisedAt, featureCount).slice(),
          raw: new Int8Array(buffer, rawAt, scoreCount).slice(),
          scores: new Float32Array(buffer, scoresAt, scoreCount).slice(),
          anomaly: anomalyAt === 0 ? null : (new Float32Array(buffer, anomalyAt, 1)[0] as number),
          label: label === UNKNOWN ? null : label,
        };
      },
      selfTest: () => {
        check();
        const testAt = this.#allocate(3);
        this.#guarded("package", () => wasm.limpet_twin_pipeline_test(testAt));
        const [run, identical, stage] = new Uint8Array(wasm.memory.buffer, testAt, 3).slice();
        this.#free(testAt);
        return { run: run as number, identical: identical as number, stage: stage as number };
      },
    };
  }

  /** Places what is to be loaded and gives back the memory of what was loaded before; the pool is kept. */
  #load(bytes: Uint8Array): [at: number, pool: number, generation: number] {
    const [before, pool = this.#allocate(POOL_BYTES)] = this.#loaded;
    if (before !== undefined) this.#free(before);
    const at = this.#place(bytes);
    this.#loaded = [at, pool];
    return [at, pool, ++this.#generation];
  }

  /** Runs code that works on bytes from outside. After a crash the module's memory is not to be trusted any more. */
  #guarded(what: string, run: () => number): number {
    if (this.#crashed) throw crashed(what);
    try {
      return run();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.#crashed = true;
      throw crashed(what, error);
    }
  }

  #allocate(bytes: number): number {
    if (this.#crashed) throw crashed("network");
    const at = this.#wasm.limpet_twin_allocate(bytes);
    if (at === 0) throw new LimpetError("internal", `The twin has no memory for ${bytes} bytes.`);
    return at;
  }

  #place(bytes: Uint8Array): number {
    const at = this.#allocate(bytes.length);
    new Uint8Array(this.#wasm.memory.buffer, at, bytes.length).set(bytes);
    return at;
  }

  #free(...places: number[]): void {
    for (const at of places) this.#wasm.limpet_twin_free(at);
  }

  #words(at: number, count: number): number[] {
    return [...new Uint32Array(this.#wasm.memory.buffer, at, count)];
  }
}

const compileOther = async (folder: string): Promise<WebAssembly.Module> => {
  try {
    return await WebAssembly.compile(readFileSync(join(folder, "twin.wasm")));
  } catch (error) {
    throw notBuilt(error);
  }
};

function requireLength(what: string, got: number, wanted: number): void {
  if (got !== wanted)
    throw new LimpetError("internal", `The twin's ${what} has ${wanted} values, not ${got}.`);
}

const stale = (what: string): LimpetError =>
  new LimpetError("internal", `This ${what} of the twin is not loaded any more.`);

const crashed = (what: string, cause?: unknown): LimpetError =>
  new LimpetError("conversion-failed", `The device twin crashed on the ${what}: its bytes make no sense.`, {
    hint: "Convert the experiment again.",
    cause,
  });

const failed = (): LimpetError => new LimpetError("internal", "The network failed in the device twin.");

/** By the errors of classifier.h and pipeline.h, which are the same numbers. */
function refused(what: string, status: number): LimpetError {
  const why =
    status === -2
      ? "it needs an operation, a block or a version that the firmware lacks"
      : status === -3
        ? "it takes more memory than there is, or shapes that do not fit each other"
        : "it is damaged or not whole";
  return new LimpetError("conversion-failed", `The device twin cannot run the ${what}: ${why}.`, {
    hint: "Choose a smaller or another network; then convert again.",
  });
}
