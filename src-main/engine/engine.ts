/**
 * The engine: everything that Limpet does, behind one contract. Puts services and handlers together and sends what happens
 * as events. Knows neither Electron nor HTTP; a host gives it channels.
 */
import type { Logger } from "pino";
import { Snapshots } from "../dataset/snapshots.ts";
import { BoardsService, type PreviewRate } from "../services/boards-service.ts";
import { LiveBuffer } from "../services/live-buffer.ts";
import { readSignalFile } from "../services/project-service.ts";
import { workThreads } from "../threads/work-threads.ts";
import type { EngineChannel } from "./channel.ts";
import { EngineState } from "./engine-state.ts";
import { appHandlers } from "./handlers/app-handlers.ts";
import { boardHandlers } from "./handlers/board-handlers.ts";
import { learningHandlers } from "./handlers/learning-handlers.ts";
import { projectHandlers } from "./handlers/project-handlers.ts";
import { recoveryHandlers } from "./handlers/recovery-handlers.ts";
import { logFolder } from "./log-file.ts";
import { RecentProjects } from "./recent-projects.ts";
import { type Handlers, RpcServer } from "./rpc-server.ts";
import { snapshotFolder, userFolder } from "./user-folder.ts";
import { limpetVersion } from "./version.ts";

export type EngineOptions = {
  readonly host: "electron" | "web";
  readonly log: Logger;
  /** Folder of what is the user's own (recent projects). */
  readonly folder?: string | undefined;
};

export class Engine {
  readonly #state: EngineState;
  readonly #rpc: RpcServer;
  readonly #boards: BoardsService;
  #buffer: LiveBuffer | null = null;
  #bufferRates: readonly PreviewRate[] = [];

  constructor({ host, log, folder = userFolder() }: EngineOptions) {
    workThreads.serving = true;
    this.#boards = new BoardsService(readSignalFile);
    this.#state = new EngineState({
      boards: this.#boards,
      recent: new RecentProjects(folder),
      snapshots: new Snapshots(snapshotFolder(folder)),
      log,
      emit: (name, payload) => this.#rpc.emit(name, payload),
    });
    // Every request of the contract has its handler: the compiler refuses a table with a hole.
    const handlers: Handlers = {
      ...appHandlers(host, folder),
      ...projectHandlers(this.#state),
      ...boardHandlers(this.#state, () => this.#liveBuffer()),
      ...learningHandlers(this.#state),
      ...recoveryHandlers(this.#state, { host, version: limpetVersion, logFolder: logFolder(folder) }),
    };
    log.info(
      { version: limpetVersion(), host, node: process.versions.node, platform: process.platform },
      "engine started",
    );
    this.#rpc = new RpcServer(handlers, log);
    this.#boards.listen((event) => {
      switch (event.kind) {
        case "state":
          if (event.state.kind !== "connected") log.info({ state: event.state }, "board");
          return this.#rpc.emit("board:state", event.state);
        case "signal":
          return this.#rpc.emit("board:signal", event.preview);
        case "session":
          if (event.event.kind === "samples") this.#liveBuffer().add(event.event.samples);
          if (event.event.kind === "lost") this.#onLost(event.event.error.message);
      }
    });
  }

  /** Serves one interface. */
  connect(channel: EngineChannel): void {
    this.#rpc.connect(channel);
  }

  /** Opens the project that Limpet was started with. Errors as in `ProjectFile.open`. */
  async openProject(path: string): Promise<void> {
    await this.#state.open(path);
  }

  /** Ends what is under way, keeps what it has, and lets go of project and board. */
  async close(): Promise<void> {
    await this.#state.close();
    await this.#boards.disconnect();
  }

  #liveBuffer(): LiveBuffer {
    const { session, rates } = this.#boards;
    if (this.#buffer?.session !== session || this.#bufferRates !== rates) {
      this.#buffer = new LiveBuffer(session, rates);
      this.#bufferRates = rates;
    }
    return this.#buffer;
  }

  #onLost(message: string): void {
    this.#rpc.emit("app:notice", {
      level: "warning",
      message,
      hint: "Limpet tries to reach the board again. What was recorded so far is kept.",
    });
  }
}
