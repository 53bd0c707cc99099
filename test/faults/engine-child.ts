/** The real engine as a process of its own, driven over its channel as a window does, to be killed at any moment. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ENGINE_FLAGS } from "../../src-main/engine/engine-flags.ts";
import type { RequestName, RequestParams, RequestResult } from "../../src-shared/contract/index.ts";
import type { EngineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";

const ENTRY = join(import.meta.dirname, "../../src-main/engine/engine-process.ts");

export type EngineEvent = { readonly name: string; readonly payload: unknown };

export class EngineChild {
  readonly events: EngineEvent[] = [];
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, (message: EngineMessage) => void>();
  readonly #exit: Promise<unknown>;
  #next = 1;

  /**
   * @param folder the user's folder of this engine
   * @param node flags for its Node, and variables of its environment
   */
  constructor(
    folder: string,
    node: {
      readonly flags?: readonly string[];
      readonly environment?: Readonly<Record<string, string>>;
    } = {},
  ) {
    this.#child = fork(ENTRY, [], {
      env: { ...process.env, LIMPET_HOME: folder, LIMPET_LOG: "silent", ...node.environment },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
      execArgv: ["--no-warnings", ...ENGINE_FLAGS, ...(node.flags ?? [])],
    });
    this.#exit = once(this.#child, "exit");
    this.#child.on("message", (text: string) => {
      const message = JSON.parse(text) as EngineMessage;
      if (message.kind === "event") this.events.push({ name: message.name, payload: message.payload });
      else if (message.kind !== "progress") this.#answers.get(message.id)?.(message);
    });
    this.#child.on("error", () => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a request; rejects with the engine's error. A killed engine answers nothing. */
  ask<N extends RequestName>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (message) => {
        this.#answers.delete(id);
        if (message.kind === "error") reject(LimpetError.fromData(message.error));
        else if (message.kind === "result") resolve(message.result as RequestResult<N>);
      });
      this.#child.send(JSON.stringify({ kind: "request", id, method, params }), () => {});
    });
  }

  /** Cancels every request that is under way. */
  cancelAll(): void {
    for (const id of this.#answers.keys()) this.#child.send(JSON.stringify({ kind: "cancel", id }), () => {});
  }

  /** Stops the process where it stands until `goOn`, as a computer that sleeps; what it is asked meanwhile, it finds all at once. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }
  goOn(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Kills the process where it stands. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exit;
  }

  /** Ends it as a window does. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exit;
  }
}
