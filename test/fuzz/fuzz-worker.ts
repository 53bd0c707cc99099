/** The loop of the fuzzer, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { type Random, seededRandom } from "../faults/random.ts";
import { BlockCoverage } from "./coverage.ts";
import {
  type FuzzRequest,
  type FuzzResult,
  knownFindings,
  SHARED_HEAD,
  type WorkerMessage,
} from "./fuzzer.ts";
import { mutate } from "./mutate.ts";
import { type Target, targetNamed } from "./targets.ts";

const { request, shared } = workerData as {
  readonly request: FuzzRequest;
  readonly shared: SharedArrayBuffer;
};

/** Inputs between two looks at the coverage: looking costs about as much as some of the inputs. */
const BATCH = 24;
/** One input may not make the process this much larger, bytes. */
const MOST_GROWTH = 512 * 1024 * 1024;

class Fuzzer {
  readonly #target: Target;
  readonly #random: Random = seededRandom(request.seed);
  readonly #coverage: BlockCoverage;
  readonly #corpus: Uint8Array[];
  readonly #head = new Int32Array(shared, 0, 2);
  readonly #input = new Uint8Array(shared, SHARED_HEAD);
  #runs = 0;

  constructor(target: Target) {
    this.#target = target;
    this.#coverage = new BlockCoverage(target.files);
    this.#corpus = [...target.seeds()];
  }

  async run(): Promise<FuzzResult> {
    const until = performance.now() + request.seconds * 1000;
    const first = [...this.#corpus, ...knownFindings(this.#target.name).map(({ input }) => input)];
    for (const input of first) {
      const what = await this.#try(input);
      if (what !== null) return this.#result({ what, input });
    }
    this.#coverage.take();
    // A batch at least, also where the computer is too busy for more.
    let batches = 0;
    while (this.#runs < request.runs && (performance.now() < until || batches === 0)) {
      batches++;
      const batch = Array.from({ length: BATCH }, () => this.#next());
      for (const input of batch) {
        const what = await this.#try(input);
        if (what !== null) return this.#result({ what, input });
      }
      const { first: blocks } = this.#coverage.take();
      if (blocks.length > 0) await this.#keep(batch, blocks);
    }
    return this.#result(null);
  }

  /** Runs the inputs of a batch again, one by one, and keeps those that reach one of the new blocks. */
  async #keep(batch: readonly Uint8Array[], blocks: readonly string[]): Promise<void> {
    const wanted = new Set(blocks);
    for (const input of batch) {
      await this.#try(input);
      const { ran } = this.#coverage.take();
      const reached = [...wanted].filter((block) => ran.has(block));
      if (reached.length > 0) this.#corpus.push(input);
      for (const block of reached) wanted.delete(block);
      if (wanted.size === 0) return;
    }
  }

  #next(): Uint8Array {
    const pick = (): Uint8Array => this.#random.pick(this.#corpus);
    return mutate(pick(), pick(), this.#target.dictionary, this.#random);
  }

  async #try(input: Uint8Array): Promise<string | null> {
    this.#input.set(input.subarray(0, this.#input.length));
    Atomics.store(this.#head, 1, Math.min(input.length, this.#input.length));
    Atomics.store(this.#head, 0, ++this.#runs);
    const before = process.memoryUsage.rss();
    try {
      await this.#target.run(input, this.#random);
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const growth = process.memoryUsage.rss() - before;
    return growth > MOST_GROWTH ? `one input took ${(growth / 2 ** 20).toFixed(0)} MB` : null;
  }

  #result(finding: FuzzResult["finding"]): FuzzResult {
    this.#coverage.take();
    const blocks = this.#coverage.figures;
    this.#coverage.close();
    return { target: this.#target.name, runs: this.#runs, corpus: this.#corpus.length, blocks, finding };
  }
}

const send = (message: WorkerMessage): void => parentPort?.postMessage(message);
try {
  const target = await targetNamed(request.target, request.folder);
  send({ kind: "result", result: await new Fuzzer(target).run() });
} catch (error) {
  send({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
