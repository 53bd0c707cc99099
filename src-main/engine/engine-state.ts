/**
 * What the engine holds between requests: one open project, one board, and the work that is under way. Knows no request;
 * tells every change by the events of the contract.
 */
import type { Logger } from "pino";
import type { EventName, EventPayload } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import type { Snapshots } from "../dataset/snapshots.ts";
import type { BoardsService } from "../services/boards-service.ts";
import { openProject, projectSummary } from "../services/project-service.ts";
import { cancelJobs } from "../threads/work-threads.ts";
import type { RecentProjects } from "./recent-projects.ts";

export type Emit = <N extends EventName>(name: N, payload: EventPayload<N>) => void;

/** Kinds of work of which there is one at a time, with what people call them. */
const WORK_NAMES = {
  recording: "a recording",
  training: "a training",
  merging: "an import of another project",
} as const;
type WorkName = keyof typeof WORK_NAMES;

/** A project's snapshot of the day is made this long after it was opened, and is looked for again as often, milliseconds. */
const SNAPSHOT_DELAY_MS = 5000;
const SNAPSHOT_EVERY_MS = 60 * 60 * 1000;

/** What another program wrote to the open project is looked for this often, milliseconds. */
const OTHERS_EVERY_MS = 2000;

/** Snapshots of the open project: given up for now, or for good. Both resolve when the disk is free. */
type Copying = { readonly interrupt: () => Promise<void>; readonly end: () => Promise<void> };

export type StateOptions = {
  readonly boards: BoardsService;
  readonly recent: RecentProjects;
  readonly snapshots: Snapshots;
  readonly log: Logger;
  readonly emit: Emit;
};

export class EngineState {
  readonly boards: BoardsService;
  readonly recent: RecentProjects;
  readonly snapshots: Snapshots;
  readonly emit: Emit;
  readonly #log: Logger;
  #project: ProjectFile | null = null;
  readonly #work = new Map<WorkName, { readonly stop: () => void; readonly ended: Promise<unknown> }>();

  /** The making of snapshots of the open project. */
  #copying: Copying | null = null;
  /** The look-out for other programs that write to it. */
  #lookOut: NodeJS.Timeout | null = null;

  constructor({ boards, recent, snapshots, log, emit }: StateOptions) {
    this.boards = boards;
    this.recent = recent;
    this.snapshots = snapshots;
    this.emit = emit;
    this.#log = log;
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
    const before = this.#project?.path ?? null;
    await this.close();
    try {
      return this.adopt(openProject(path));
    } catch (error) {
      if (before !== null) this.#adoptAgain(before);
      throw error;
    }
  }

  /** A file that is no project costs nobody the project that was open. */
  #adoptAgain(path: string): void {
    try {
      this.adopt(openProject(path));
    } catch (error) {
      this.#log.warn({ error: String(error) }, "the project that was open before could not be opened again");
    }
  }

  /** Takes a project that was just made or opened; the one before must be closed. */
  adopt(project: ProjectFile): ProjectFile {
    this.#project = project;
    this.recent.add(project.path);
    this.#log.info({ path: project.path, readonly: project.readonly }, "project opened");
    this.#copying = this.#keepSnapshots(project);
    this.#lookOut = this.#watchOthers(project);
    this.projectChanged();
    return project;
  }

  /** Ends what is under way with the project, keeps what it has, and closes it. */
  async close(): Promise<void> {
    for (const name of [...this.#work.keys()]) await this.stopWork(name);
    // Threads read the file by themselves; with one of them at it, closing would leave the log beside it.
    await cancelJobs();
    const project = this.#project;
    this.#project = null;
    if (this.#lookOut !== null) clearInterval(this.#lookOut);
    this.#lookOut = null;
    await this.#copying?.end();
    this.#copying = null;
    if (project !== null) {
      project.close();
      this.#log.info({ path: project.path }, "project closed");
      this.emit("project:changed", null);
    }
  }

  /** Has a snapshot made of each day on which the project is open. */
  #keepSnapshots(project: ProjectFile): Copying {
    let abort = new AbortController();
    let running: Promise<void> = Promise.resolve();
    const take = async (): Promise<void> => {
      // A recording has the disk to itself; the next hour will do.
      if (this.#work.has("recording")) return;
      const { signal } = abort;
      try {
        const outcome = await this.snapshots.take(project, { signal });
        if (outcome.kind === "taken") this.#log.info({ snapshot: outcome.snapshot.id }, "snapshot made");
        else if (outcome.reason === "too-large" || outcome.reason === "no-space")
          this.#log.warn({ reason: outcome.reason }, "no snapshot was made");
      } catch (error) {
        if (!signal.aborted) this.#log.warn({ error: String(error) }, "no snapshot was made");
      }
    };
    const next = (): void => {
      running = running.then(take);
    };
    const first = setTimeout(next, SNAPSHOT_DELAY_MS);
    const later = setInterval(next, SNAPSHOT_EVERY_MS);
    first.unref();
    later.unref();
    const interrupt = async (): Promise<void> => {
      abort.abort();
      await running;
      abort = new AbortController();
    };
    return {
      interrupt,
      end: async () => {
        clearTimeout(first);
        clearInterval(later);
        await interrupt();
      },
    };
  }

  /** Tells the windows when another program (the command line, a second app) has written to the project. */
  #watchOthers(project: ProjectFile): NodeJS.Timeout {
    let seen = project.dataVersion();
    const timer = setInterval(() => {
      try {
        const version = project.dataVersion();
        if (version === seen) return;
        seen = version;
        this.emit("recordings:changed", {});
        this.experimentsChanged();
      } catch (error) {
        // The stick is gone, or the file is damaged: whoever asks next is told.
        this.#log.warn({ error: String(error) }, "the project could not be looked at");
      }
    }, OTHERS_EVERY_MS);
    timer.unref();
    return timer;
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

  /** Throws `usage` while there is work of that name. */
  requireNone(name: WorkName): void {
    if (!this.#work.has(name)) return;
    throw new LimpetError("usage", `Already under way: ${WORK_NAMES[name]}.`, {
      hint: "Stop it first, or wait until it is done.",
    });
  }

  /** Does work of which there is one at a time. `work` is given a signal that asks it to end and keep what it has. */
  async exclusive<T>(name: WorkName, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    this.requireNone(name);
    const stop = new AbortController();
    // A snapshot under way is given up: its last flush of the disk could hold a recording up.
    const free = name === "recording" ? this.#copying?.interrupt() : undefined;
    const ended = free === undefined ? work(stop.signal) : free.then(() => work(stop.signal));
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
