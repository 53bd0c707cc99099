/**
 * Windows that are run through the board's own front end and network, one at a time: sends what is to be run, and puts the parts of
 * the result together. Knows the link; not what the windows are or what the results are compared with.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import type { BoardLink } from "./board-link.ts";
import { sendData } from "./data-requests.ts";
import type { ReplayMessage } from "./link/messages.ts";
import { DATA_HEAD_BYTES } from "./link/requests.ts";
import { decodeU32 } from "./link/responses.ts";

/** What a replayed window gave. */
export type ReplayResult = {
  readonly features: Float32Array;
  readonly quantised: Int8Array;
  readonly raw: Int8Array;
  readonly scores: Float32Array;
  /** Index of the label; null: unknown, or a value. */
  readonly label: number | null;
  readonly frontendInstructions: number;
  readonly networkInstructions: number;
  /** Distance from the recorded states; null where the model has none. */
  readonly anomaly: number | null;
};

/** What a replay asks of the session that it belongs to. */
type Board = {
  readonly port: string;
  readonly hello: { readonly maxPayload: number };
};

const TIMEOUT_MS = 15_000;

export class BoardReplay {
  readonly #link: BoardLink;
  readonly #board: Board;
  #running: {
    readonly take: (message: ReplayMessage) => void;
    readonly fail: (error: unknown) => void;
  } | null = null;
  #begun = false;

  constructor(link: BoardLink, board: Board) {
    this.#link = link;
    this.#board = board;
  }

  /** Whether the board has been told to replay, and waits for windows. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Begins replay; resolves with the bytes of one window (float32). */
  async begin(source: "link" | "signal"): Promise<number> {
    this.#begun = true;
    return decodeU32(await this.#link.request({ kind: "replay-begin", source }));
  }

  /**
   * Runs one window. For source `link` the samples are sent first (float32 in physical units, inputs in order, interleaved by
   * channel); for source `signal` the window starts at `firstSample`. Throws `board-timeout`, `board-protocol`, `board-refused`
   * and what took the board away.
   */
  async run(
    window: { readonly samples: Float32Array } | { readonly firstSample: bigint },
    want: { readonly features: boolean; readonly quantised: boolean },
  ): Promise<ReplayResult> {
    if ("samples" in window) {
      const { samples } = window;
      const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
      await sendData(this.#link, "replay-data", bytes, this.#board.hello.maxPayload - DATA_HEAD_BYTES);
    }
    const collector = new ReplayCollector();
    let timer: NodeJS.Timeout | undefined;
    const finished = new Promise<ReplayResult>((resolve, reject) => {
      timer = setTimeout(() => reject(notFinished(this.#board.port)), TIMEOUT_MS);
      this.#running = {
        take: (message) => {
          try {
            const result = collector.add(message);
            if (result !== null) resolve(result);
          } catch (error) {
            reject(error);
          }
        },
        fail: reject,
      };
    });
    finished.catch(() => {});
    try {
      await this.#link.request({
        kind: "replay-run",
        ...want,
        firstSample: "firstSample" in window ? window.firstSample : 0n,
      });
      return await finished;
    } finally {
      clearTimeout(timer);
      this.#running = null;
    }
  }

  /** Takes a part of a result. */
  take(message: ReplayMessage): void {
    this.#running?.take(message);
  }

  /** The board went away: what runs ends with `error`. */
  lost(error: LimpetError): void {
    this.#running?.fail(error);
  }
}

const notFinished = (port: string): LimpetError =>
  new LimpetError("board-timeout", `The board at ${port} did not finish a window.`, {
    field: port,
    hint: "Try again; if it fails again, restart the board.",
  });

/** Puts the parts of a replay's result together. */
class ReplayCollector {
  readonly #features: number[] = [];
  readonly #quantised: number[] = [];

  /** The result when the last part has come. Throws `board-protocol` where a part is missing. */
  add(message: ReplayMessage): ReplayResult | null {
    if (message.part === "scores") {
      return {
        features: Float32Array.from(this.#features),
        quantised: Int8Array.from(this.#quantised),
        raw: message.raw,
        scores: message.scores,
        label: message.label,
        anomaly: message.anomaly,
        frontendInstructions: message.frontendInstructions,
        networkInstructions: message.networkInstructions,
      };
    }
    const values = message.part === "features" ? this.#features : this.#quantised;
    if (message.offset !== values.length) {
      throw new LimpetError("board-protocol", "A part of a replayed window was lost on the way.", {
        hint: "Try again, with a shorter cable if it happens often.",
      });
    }
    values.push(...message.values);
    return null;
  }
}
