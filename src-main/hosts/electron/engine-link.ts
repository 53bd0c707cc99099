/**
 * Starts the engine for the window and passes texts: in a utility process, or in a Node of its own where Electron's is too old
 * (Node-API below 10) or `LIMPET_ENGINE=node` asks for it. An engine that ends by itself is started again and has the project
 * opened again that was open; knows no other request.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type UtilityProcess, utilityProcess } from "electron";
import { ENGINE_FLAGS } from "../../engine/engine-flags.ts";

export type EngineLinkEvents = {
  readonly onText: (text: string) => void;
  /** The engine ended by itself and was started again, with its project; `again` is false where it ended too often. */
  readonly onRestart: (again: boolean) => void;
};

type Running = { send(text: string): void; stop(): void };

const NEEDED_NODE_API = 10;
/** More ends than this within a minute, and something is wrong that a new start does not mend. */
const MAX_RESTARTS = 3;
const STOP_GRACE_MS = 5000;
/** The only event that is read here: it says which project is open. */
const PROJECT_EVENT = '{"kind":"event","name":"project:changed"';
/** Of a request that nobody waits for. */
const NO_ID = -1;

export class EngineLink {
  readonly #root: string;
  readonly #events: EngineLinkEvents;
  #running: Running | null = null;
  #stopping = false;
  #ends: number[] = [];
  #project: string | null = null;

  constructor(root: string, events: EngineLinkEvents) {
    this.#root = root;
    this.#events = events;
    this.#start();
  }

  /** Path of the project that is open; null where there is none. */
  get project(): string | null {
    return this.#project;
  }

  send(text: string): void {
    this.#running?.send(text);
  }

  /** Ends the engine; it closes the project by itself. Resolves when it is gone, or after a few seconds. */
  stop(): Promise<void> {
    this.#stopping = true;
    return new Promise((resolve) => {
      if (this.#running === null) {
        resolve();
        return;
      }
      this.#gone = resolve;
      setTimeout(resolve, STOP_GRACE_MS);
      this.#running.stop();
    });
  }

  #gone: () => void = () => {};

  #start(): void {
    const ended = (): void => this.#ended();
    const onText = (text: string): void => {
      if (text.startsWith(PROJECT_EVENT)) {
        const { payload } = JSON.parse(text) as { payload: { path: string } | null };
        this.#project = payload?.path ?? null;
      }
      this.#events.onText(text);
    };
    const own = Number(process.versions.napi ?? "0") >= NEEDED_NODE_API;
    this.#running =
      own && process.env.LIMPET_ENGINE !== "node"
        ? startUtility(this.#root, onText, ended)
        : startNode(this.#root, onText, ended);
  }

  #ended(): void {
    this.#running = null;
    this.#gone();
    if (this.#stopping) return;
    const now = Date.now();
    this.#ends = [...this.#ends.filter((at) => now - at < 60_000), now];
    const again = this.#ends.length <= MAX_RESTARTS;
    if (again) {
      this.#start();
      const path = this.#project;
      if (path !== null)
        this.send(JSON.stringify({ kind: "request", id: NO_ID, method: "project:open", params: { path } }));
    }
    this.#events.onRestart(again);
  }
}

function startUtility(root: string, onText: (text: string) => void, onEnd: () => void): Running {
  const child: UtilityProcess = utilityProcess.fork(join(root, "dist/electron/engine.mjs"), [], {
    serviceName: "Limpet engine",
    stdio: "inherit",
  });
  child.on("message", (message: unknown) => {
    if (typeof message === "string") onText(message);
  });
  child.on("exit", onEnd);
  return { send: (text) => child.postMessage(text), stop: () => child.kill() };
}

function startNode(root: string, onText: (text: string) => void, onEnd: () => void): Running {
  const source = join(root, "src-main/engine/engine-process.ts");
  const entry = existsSync(source) ? source : join(root, "dist/electron/engine.mjs");
  const child: ChildProcess = spawn(nodeExecutable(root), [...ENGINE_FLAGS, entry], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: undefined },
    windowsHide: true,
  });
  let over = false;
  const end = (): void => {
    if (!over) onEnd();
    over = true;
  };
  child.on("message", (message: unknown) => {
    if (typeof message === "string") onText(message);
  });
  child.on("error", end);
  child.on("exit", end);
  return {
    send: (text) => {
      if (child.connected) child.send(text, () => {});
    },
    stop: () => {
      if (child.connected) child.disconnect();
    },
  };
}

/** Node 24: what started us says which, else the one that npm installed, else the one on the path. */
function nodeExecutable(root: string): string {
  const name = process.platform === "win32" ? "node.exe" : "node";
  const candidates = [process.env.LIMPET_NODE, join(root, "node_modules/node/bin", name)];
  return candidates.find((path) => path !== undefined && existsSync(path)) ?? name;
}
