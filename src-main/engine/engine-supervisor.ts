/**
 * The engine as a process of its own for a host with several interfaces: passes texts of each, starts the engine again where it
 * ended by itself, and has it open the project again that was open. Knows processes and channels; of the contract only how a
 * project is opened.
 */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Logger } from "pino";
import { engineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { EngineChannel } from "./channel.ts";
import { ENGINE_FLAGS } from "./engine-flags.ts";
import { CONTROL_CHANNEL, type FromEngine, type ToEngine } from "./engine-process-messages.ts";

export type SupervisorOptions = {
  readonly log: Logger;
  /** Folder of what is the user's own. */
  readonly folder: string;
  /** The engine ended by itself and is there again; whatever the interfaces waited for does not come any more. */
  readonly onRestart: () => void;
  /** The engine ended too often: it is not started again. */
  readonly onGivenUp: () => void;
};

const ENTRY = join(import.meta.dirname, "engine-process.ts");
/** More ends than this within a minute, and something is wrong that a new start does not mend. */
const MAX_RESTARTS = 3;
const STOP_GRACE_MS = 5000;
/** The only event that is read here: it says which project is open. */
const PROJECT_EVENT = '{"kind":"event","name":"project:changed"';

export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  readonly #channels = new Map<number, EngineChannel>();
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: LimpetError) => void }>();
  #child: ChildProcess;
  #exited: Promise<void>;
  #nextChannel = CONTROL_CHANNEL + 1;
  #nextRequest = 1;
  #project: string | null = null;
  #ends: number[] = [];
  #closing = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    [this.#child, this.#exited] = this.#start();
  }

  /** The engine's process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Serves one interface until its channel closes. */
  connect(channel: EngineChannel): void {
    const number = this.#nextChannel++;
    this.#channels.set(number, channel);
    this.#send({ channel: number, kind: "open" });
    channel.onMessage((text) => this.#send({ channel: number, kind: "text", text }));
    channel.onClose(() => {
      this.#channels.delete(number);
      this.#send({ channel: number, kind: "close" });
    });
  }

  /** Opens a project. Errors as in `ProjectFile.open`; `internal` where the engine ended meanwhile. */
  openProject(path: string): Promise<void> {
    const id = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const text = JSON.stringify({ kind: "request", id, method: "project:open", params: { path } });
      this.#send({ channel: CONTROL_CHANNEL, kind: "text", text });
    });
  }

  /** Ends the engine, which closes project and board first. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_GRACE_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  #send(message: ToEngine): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #start(): [ChildProcess, Promise<void>] {
    const child = fork(ENTRY, ["web"], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      env: { ...process.env, LIMPET_HOME: this.#options.folder },
      execArgv: [...ENGINE_FLAGS],
      // The texts are JSON as they are; a list of thousands of recordings need not be put into JSON once more.
      serialization: "advanced",
    });
    child.on("message", (message: FromEngine) => this.#receive(message));
    const exited = new Promise<void>((resolve) => {
      let over = false;
      const end = (): void => {
        if (over) return;
        over = true;
        resolve();
        this.#ended(child);
      };
      child.on("error", end);
      child.on("exit", end);
    });
    return [child, exited];
  }

  #receive({ channel, text }: FromEngine): void {
    if (channel !== CONTROL_CHANNEL) {
      this.#channels.get(channel)?.send(text);
      return;
    }
    if (text.startsWith(PROJECT_EVENT)) {
      const { payload } = JSON.parse(text) as { payload: { path: string } | null };
      this.#project = payload?.path ?? null;
      return;
    }
    if (text.startsWith('{"kind":"event"') || text.startsWith('{"kind":"progress"')) return;
    const message = engineMessage.parse(JSON.parse(text));
    if (message.kind !== "result" && message.kind !== "error") return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "result") waiting?.resolve();
    else waiting?.reject(LimpetError.fromData(message.error));
  }

  #ended(child: ChildProcess): void {
    const ended = new LimpetError("internal", "The engine ended by itself.", {
      hint: "It is started again. What was saved is kept.",
    });
    for (const { reject } of this.#waiting.values()) reject(ended);
    this.#waiting.clear();
    if (this.#closing || child !== this.#child) return;
    this.#options.log.error({ code: child.exitCode, signal: child.signalCode }, "the engine ended by itself");
    const now = Date.now();
    this.#ends = [...this.#ends.filter((at) => now - at < 60_000), now];
    if (this.#ends.length > MAX_RESTARTS) {
      this.#options.onGivenUp();
      return;
    }
    const project = this.#project;
    this.#project = null;
    [this.#child, this.#exited] = this.#start();
    // Interfaces connect anew, and find the project as they left it.
    if (project !== null) this.openProject(project).catch(() => {});
    this.#options.onRestart();
  }
}
