/** Block coverage of the running process by V8 itself (node:inspector), as the feedback of the fuzzer. */
import { Session } from "node:inspector";

type ScriptCoverage = {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
};

export class BlockCoverage {
  readonly #session = new Session();
  readonly #wanted: (url: string) => boolean;
  readonly #reached = new Set<string>();
  readonly #all = new Set<string>();

  /** @param files parts of the addresses of the scripts that count */
  constructor(files: readonly string[]) {
    this.#wanted = (url) => url.startsWith("file:") && files.some((file) => url.includes(file));
    this.#session.connect();
    this.#session.post("Profiler.enable");
    this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Blocks reached so far, and those that are known. */
  get figures(): { readonly reached: number; readonly all: number } {
    return { reached: this.#reached.size, all: this.#all.size };
  }

  /** Takes in what ran since the last call. Returns the blocks that ran then, and those of them that never had before. */
  take(): { readonly ran: ReadonlySet<string>; readonly first: readonly string[] } {
    const ran = new Set<string>();
    const first: string[] = [];
    // The inspector answers within the call: its session runs in this thread.
    this.#session.post("Profiler.takePreciseCoverage", (error, answer) => {
      if (error !== null) return;
      for (const { url, functions } of answer.result as readonly ScriptCoverage[]) {
        if (!this.#wanted(url)) continue;
        for (const { ranges } of functions) {
          for (const { startOffset, endOffset, count } of ranges) {
            const key = `${url}:${startOffset}-${endOffset}`;
            this.#all.add(key);
            if (count === 0) continue;
            ran.add(key);
            if (!this.#reached.has(key)) first.push(key);
            this.#reached.add(key);
          }
        }
      }
    });
    return { ran, first };
  }

  close(): void {
    this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }
}
