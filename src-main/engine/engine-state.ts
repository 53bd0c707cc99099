/**
 * What the engine holds between requests: one open project, one board, and the work that is under way. Knows no request;
 * tells every change by the events of the contract.
 */
import type { EventName, EventPayload } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { BoardsService } from "../services/boards-service.ts";
import { openProject, projectSummary } from "../services/project-service.ts";
import type { RecentProjects } from "./recent-projects.ts";

export type Emit = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

/** Kinds of work of which there is one at a time, with what people call them. */
const WORK_NAMES = { recording: "a recording", training: "a training" } as const;
type WorkName = keyof typeof WORK_NAMES;

export class EngineState {
  readonly boards: BoardsService;
  readonly recent: RecentProjects;
  readonly emit: Emit;
  #project: ProjectFile | null = null;
  readonly #work = new Map<WorkName, { readonly stop: () => void; readonly ended: Promise<unknown> }>();

  constructor(boards: BoardsService, recent: RecentProjects, emit: Emit) {
    this.boards = boards;
    this.recent = recent;
    this.emit = emit;
  }

  /** The open project, null where there is none. */
  get openProject(): ProjectFile | null {
    return this.#project;
  }

  /** The open project. Throws `not-found`. */
  get project(): ProjectFile {
    if (this.#project === null) {
      throw new LimpetError("not-found", "No project is open.", {
        field: "project",
        hint: "Open a project, or make a new one.",
      });
    }
    return this.#project;
  }

  /** Opens the project at `path` in place of the one that is open. */
  async open(path: string): Promise<ProjectFile> {
    await this.close();
    return this.adopt(openProject(path));
  }

  /** Takes a project that was just made or opened; the one before must be closed. */
  adopt(project: ProjectFile): ProjectFile {
    this.#project = project;
    this.recent.add(project.path);
    this.projectChanged();
    return project;
  }

  /** Ends what is under way with the project, keeps what it has, and closes it. */
  async close(): Promise<void> {
    for (const name of [...this.#work.keys()]) await this.stopWork(name);
    const project = this.#project;
    this.#project = null;
    if (project !== null) {
      project.close();
      this.emit("project:changed", null);
    }
  }

  projectChanged(): void {
    if (this.#project !== null) this.emit("project:changed", projectSummary(this.#project));
  }

  recordingsChanged(): void {
    this.emit("recordings:changed", {});
    this.projectChanged();
  }

  experimentsChanged(): void {
    this.emit("experiments:changed", {});
    this.projectChanged();
  }

  /** Does work of which there is one at a time. `work` is given a signal that asks it to end and keep what it has. */
  async exclusive<T>(name: WorkName, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#work.has(name)) {
      throw new LimpetError("usage", `There is ${WORK_NAMES[name]} under way already.`, {
        hint: "Stop it first, or wait until it is done.",
      });
    }
    const stop = new AbortController();
    const ended = work(stop.signal);
    this.#work.set(name, { stop: () => stop.abort(), ended });
    try {
      return await ended;
    } finally {
      this.#work.delete(name);
    }
  }

  /** Ends work of a name and waits for its end; does nothing where there is none. */
  async stopWork(name: WorkName): Promise<void> {
    const running = this.#work.get(name);
    running?.stop();
    await running?.ended.catch(() => {});
  }
}
