/**
 * The search for a design (docs/tuning.md): windows, features, networks and training parameters within a board's limits. Rounds of
 * successive halving (Jamieson and Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", AISTATS
 * 2016; Li et al., "Hyperband", JMLR 18, 2018): many designs are trained for a few epochs, the better third goes on. Validation
 * decides; the test is not touched. Knows trials and experiments; no host.
 */
import type { TuneProgress, TuneRequest, TuneResult } from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { LimpetError, throwIfCancelled } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { presetsFor } from "../features/presets.ts";
import { sensorsOf, usable } from "../features/sensor-choice.ts";
import { planLearning } from "./learning-data.ts";
import { type Finished, type FinishOptions, finishDesign } from "./tune-finish.ts";
import { overrun, type Room, roomOf } from "./tune-limits.ts";
import { isProgress, ranked, smallestEqual } from "./tune-ranking.ts";
import { DesignSource, type Draft, draftOf } from "./tune-space.ts";
import { byScore, type Candidate, type Score, Trials } from "./tune-trials.ts";

export type TuneOptions = WorkOptions & {
  /** Ends the search and keeps what it has. */
  readonly stop?: AbortSignal | undefined;
  readonly onFound?: ((progress: TuneProgress) => void) | undefined;
  /** Rounds at most; the time decides where it is absent. */
  readonly rounds?: number | undefined;
};

/** Designs of a round, and the part of them that goes on each time (eta of the papers). */
const ROUND = 9;
const PART = 3;
/** Experiments that are kept, besides those that the search began with. */
const KEPT = 5;
/** Under tight limits most designs are refused: so many are looked at for a round, untrained. */
const MOST_LOOKED_AT = 300;
/** Rounds without anything better after which the search ends, though there is time left. */
const PATIENCE = 8;
/** Errors that speak against one design and not against the search. */
const SKIPPED: readonly string[] = ["training-failed", "conversion-failed"];

type Start = { readonly start: "preset" | "project"; readonly draft: Draft };

/**
 * Searches for `request.minutes` at most and keeps the best designs as experiments. The preset (and the project's own design, where
 * that is another one) is trained first, whatever the time. The same seed tries the same designs in the same order; how many, the time
 * decides. Throws `usage` for a board that is not known, `invalid-design` where nothing can be trained or nothing fits the
 * limits, `read-only`, and `cancelled` where `signal` is aborted: what was kept until then stays.
 */
export async function tune(
  project: ProjectFile,
  request: TuneRequest,
  options: TuneOptions = {},
): Promise<TuneResult[]> {
  const search = new Search(project, request, options);
  try {
    await search.begin();
    await search.go();
  } finally {
    search.end();
  }
  return search.results();
}

class Search {
  readonly #project: ProjectFile;
  readonly #options: TuneOptions;
  readonly #room: Room;
  readonly #trials: Trials;
  readonly #starts: readonly Start[];
  readonly #source: DesignSource;
  readonly #began = performance.now();
  readonly #budgetMs: number;
  /** Aborted when the time is over. */
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** Aborted when the search is to end, for whatever reason. */
  readonly #ended: AbortSignal;
  #kept: Finished[] = [];
  #tried = 0;
  #refused = 0;
  #reason = "";

  constructor(project: ProjectFile, request: TuneRequest, options: TuneOptions) {
    this.#project = project;
    this.#options = options;
    this.#room = roomOf(request.board, request.limits);
    this.#trials = new Trials(project, this.#room);
    this.#starts = startsOf(project, request.seed);
    const sensors = sensorsOf(usable(project.recordings()));
    this.#source = new DesignSource(
      {
        rates: new Map(sensors.map(({ sensor, rateHz }) => [sensor, rateHz])),
        shortMs: 1000 * Math.min(...sensors.map(({ shortSeconds }) => shortSeconds)),
      },
      request.seed,
    );
    this.#budgetMs = request.minutes * 60_000;
    this.#timer = setTimeout(() => this.#over.abort(), this.#budgetMs);
    this.#ended = AbortSignal.any(
      [this.#over.signal, options.stop, options.signal].filter((signal) => signal !== undefined),
    );
  }

  /** Trains the designs that the search begins with, in full. */
  async begin(): Promise<void> {
    for (const { start, draft } of this.#starts) {
      if (!this.#source.take(draft)) continue;
      const candidate = this.#judge(draft);
      if (candidate === null || this.#options.stop?.aborted === true) continue;
      // Whatever the time: nobody should end below what a click on the preset gives.
      await this.#finish(candidate, start, { signal: this.#options.signal, stop: this.#options.stop });
    }
  }

  /** Round by round, until the time is over or nothing better comes. */
  async go(): Promise<void> {
    const most = this.#options.rounds ?? Number.POSITIVE_INFINITY;
    let idle = 0;
    try {
      for (let round = 0; round < most && idle < PATIENCE && !this.#ended.aborted; round++) {
        const before = this.#kept[0];
        const winner = await this.#round();
        if (winner === null) break;
        await this.#finish(winner, null, { signal: this.#ended });
        const now = this.#kept[0];
        const better = now !== undefined && (before === undefined || isProgress(now, before));
        idle = better ? 0 : idle + 1;
      }
    } catch (error) {
      // The time was over in the midst of a training: what is kept, is kept.
      if (!this.#ended.aborted) throw error;
    }
    throwIfCancelled(this.#options.signal);
    if (this.#kept.length === 0 && this.#options.stop?.aborted !== true) throw this.#nothing();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  results(): TuneResult[] {
    if (this.#kept.length === 0) return [];
    const floor = this.#kept.find(({ start }) => start === "preset")?.accuracy ?? 0;
    const choice = smallestEqual(this.#kept, floor);
    return this.#kept.map((model) => ({
      experiment: model.experiment,
      name: model.name,
      accuracy: model.accuracy,
      standardError: model.accuracyError,
      loss: model.loss,
      crossAccuracy: model.cross?.accuracy ?? null,
      int8Accuracy: model.int8Accuracy,
      ram: model.ram,
      flash: model.flash,
      latencyMs: model.latencyMs,
      start: model.start,
      recommended: model === choice,
    }));
  }

  /** New designs, halved until one is left; null where there are no more. */
  async #round(): Promise<Candidate | null> {
    let running = this.#draw();
    for (let part = PART ** 2; part > 1 && running.length > 1; part /= PART) {
      const scored: { readonly candidate: Candidate; readonly score: Score }[] = [];
      for (const candidate of running) {
        const score = await this.#score(candidate, part);
        if (score !== null) scored.push({ candidate, score });
      }
      running = scored
        .sort((a, b) => byScore(a.score, b.score))
        .slice(0, Math.ceil(scored.length / PART))
        .map(({ candidate }) => candidate);
    }
    return running[0] ?? null;
  }

  #draw(): Candidate[] {
    const best = this.#kept[0]?.candidate.draft;
    const parents = [...this.#starts.map(({ draft }) => draft), ...(best === undefined ? [] : [best])];
    const drawn: Candidate[] = [];
    for (let looked = 0; drawn.length < ROUND && looked < MOST_LOOKED_AT; looked++) {
      const draft = this.#source.draw(parents);
      if (draft === null) break;
      const candidate = this.#judge(draft);
      if (candidate !== null) drawn.push(candidate);
    }
    return drawn;
  }

  #judge(draft: Draft): Candidate | null {
    const judged = this.#trials.judge(draft);
    if (typeof judged !== "string") return judged;
    this.#refused++;
    this.#reason ||= judged;
    return null;
  }

  /** After a part of the epochs; null where the training fails (its loss diverges). */
  async #score(candidate: Candidate, part: number): Promise<Score | null> {
    if (part === PART ** 2) this.#tried++;
    this.#tell();
    const epochs = Math.ceil(candidate.draft.training.epochs / part);
    try {
      return await this.#trials.score(candidate, epochs, { signal: this.#ended });
    } catch (error) {
      if (error instanceof LimpetError && error.code === "training-failed") return null;
      throw error;
    }
  }

  /** Trains in full, keeps it if it is among the best, and tells. */
  async #finish(candidate: Candidate, start: TuneResult["start"], work: FinishOptions): Promise<void> {
    if (start !== null) this.#tried++;
    this.#tell();
    let finished: Finished;
    try {
      finished = await finishDesign(this.#project, candidate, start, work);
    } catch (error) {
      if (error instanceof LimpetError && SKIPPED.includes(error.code)) return;
      throw error;
    }
    // What was reckoned has been measured by now.
    const over = overrun(this.#room, finished);
    if (over !== null) {
      this.#refused++;
      this.#reason ||= over;
      this.#project.deleteExperiment(finished.experiment);
      return;
    }
    const all = ranked(await this.#withOpinions([...this.#kept, finished], finished.accuracy));
    const best = all.filter(({ start: from }) => from === null).slice(0, KEPT);
    this.#kept = all.filter((model) => model.start !== null || best.includes(model));
    for (const model of all) {
      if (!this.#kept.includes(model)) this.#project.deleteExperiment(model.experiment);
    }
    this.#tell();
    const passed = performance.now() - this.#began;
    this.#options.onFound?.({
      tried: this.#tried,
      refused: this.#refused,
      secondsLeft: Math.max(0, (this.#budgetMs - passed) / 1000),
      results: this.results(),
    });
  }

  /** The models, those with that accuracy with a second opinion where there are several of them and time for it. */
  async #withOpinions(models: readonly Finished[], accuracy: number): Promise<Finished[]> {
    const isTied = (model: Finished): boolean => model.accuracy === accuracy && model.cross === null;
    const better = models.filter((model) => model.start === null && model.accuracy > accuracy);
    const tied = models.filter((model) => model.accuracy === accuracy);
    // Of those that will not be kept, nobody wants to know.
    if (tied.length < 2 || better.length >= KEPT) return [...models];
    const asked: Finished[] = [];
    for (const model of models) {
      let cross = model.cross;
      try {
        if (isTied(model)) cross = await this.#trials.cross(model.candidate, { signal: this.#ended });
      } catch (error) {
        // What is trained is kept, also where the time is over now; its loss must do.
        if (!this.#ended.aborted) throw error;
      }
      asked.push({ ...model, cross });
    }
    return asked;
  }

  #tell(): void {
    const best = this.#kept[0];
    const so = best === undefined ? "" : `, best ${best.accuracy.toFixed(3)} (${best.name})`;
    const passed = performance.now() - this.#began;
    this.#options.onProgress?.(
      `design ${Math.max(1, this.#tried)}${so}`,
      Math.min(1, passed / this.#budgetMs),
    );
  }

  #nothing(): LimpetError {
    const { ram, flash, latencyMs } = this.#room.most;
    const room = `${Math.floor(ram / 1024)} KB of RAM and ${Math.floor(flash / 1024)} KB of flash${Number.isFinite(latencyMs) ? `, ${latencyMs} ms` : ""}`;
    return new LimpetError(
      "invalid-design",
      `No design was found that fits ${this.#room.board} (${room}): ${this.#reason || "none could be trained"}.`,
      { field: "limits", hint: "Allow more, or choose another board." },
    );
  }
}

/** The preset that suits the recordings, and the project's own design where that is another one. Throws `invalid-design`. */
function startsOf(project: ProjectFile, seed: number): Start[] {
  const presets = presetsFor(project.recordings(), project.goal());
  const preset = (presets.find(({ fits }) => fits) ?? (presets[0] as (typeof presets)[number])).design;
  const own = project.design();
  const start = (from: Start["start"], file: DesignFile): Start => ({
    start: from,
    draft: draftOf(planLearning(project, file).resolution.design, seed),
  });
  return [start("preset", preset), ...(own === null ? [] : [start("project", own)])];
}
