/** What every place of the window shares: the project, its recordings and experiments, the board, notices. */
import i18next from "i18next";
import { create } from "zustand";
import type {
  BoardInfo,
  ConnectionState,
  EpochRecord,
  EventPayload,
  ExperimentInfo,
  ProjectSummary,
  RecordingInfo,
  RecordingState,
  RequestResult,
  TuneProgress,
} from "../../src-shared/contract/index.ts";
import type { ErrorCode } from "../../src-shared/errors.ts";
import type { ChannelState } from "../connection/channel.ts";
import { asLimpetError, type EngineClient } from "../connection/client.ts";
import { rememberedInHand, rememberInHand, stepsFor } from "./experiment-in-hand.ts";
import { forgetWork } from "./kept-work.ts";

export const PLACES = ["goal", "collect", "design", "train", "convert", "evaluate", "deploy"] as const;
export type Place = (typeof PLACES)[number];

export type Notice = Omit<EventPayload<"app:notice">, "level"> & {
  readonly level: "info" | "good" | "warning" | "error";
  readonly id: number;
  /** Kind of the error that it tells of. */
  readonly code?: ErrorCode | undefined;
  readonly action?: { readonly label: string; run(): void } | undefined;
};

export type Stage = EventPayload<"deployment:stage">;

export type AppState = {
  readonly channel: ChannelState;
  readonly info: RequestResult<"app:get-info"> | null;
  readonly loaded: boolean;
  readonly summary: ProjectSummary | null;
  readonly recordings: readonly RecordingInfo[];
  readonly experiments: readonly ExperimentInfo[];
  readonly board: ConnectionState;
  readonly recording: RecordingState;
  readonly epochs: readonly EpochRecord[];
  /** `Date.now()` of the last epoch of a training that has not ended yet; null where none is known of. */
  readonly epochAt: number | null;
  /** What the search for a design has found so far; null where none has run since the project was opened. */
  readonly tuning: TuneProgress | null;
  /** Stages of the deployment that began last. */
  readonly stages: ReadonlyMap<string, Stage>;
  readonly place: Place;
  readonly notices: readonly Notice[];
  /** All notices since the window was opened, each with its time; the newest last. */
  readonly history: readonly (Notice & { readonly at: string })[];
  /** The newcomer's hints are shown. */
  readonly guided: boolean;
  /** The experiment that Convert, Evaluate and Deploy are about; the newest where null. */
  readonly experiment: number | null;
  readonly boardsOpened: boolean;
  readonly shortcutsOpened: boolean;
  readonly logOpened: boolean;
  /** The dialog about a project file, which need not be the open one; null: closed. */
  readonly projectDialog: { readonly path: string } | null;
  go(place: Place): void;
  openBoards(on: boolean): void;
  setGuided(on: boolean): void;
  notify(notice: Omit<Notice, "id">): void;
  dismiss(id: number): void;
};

let nextNotice = 1;
/** Notices that the log drawer remembers. */
const MAX_HISTORY = 500;
const GUIDED_KEY = "limpet.guided";

export const useApp = create<AppState>((set) => ({
  channel: "connecting",
  info: null,
  loaded: false,
  summary: null,
  recordings: [],
  experiments: [],
  board: { kind: "disconnected" },
  recording: { kind: "idle" },
  epochs: [],
  epochAt: null,
  tuning: null,
  stages: new Map(),
  place: "goal",
  notices: [],
  history: [],
  // Tests of parts of the window have no browser's store.
  guided: globalThis.localStorage?.getItem(GUIDED_KEY) !== "off",
  experiment: null,
  boardsOpened: false,
  shortcutsOpened: false,
  logOpened: false,
  projectDialog: null,
  go: (place) => set({ place }),
  openBoards: (boardsOpened) => set({ boardsOpened }),
  setGuided: (guided) => {
    localStorage.setItem(GUIDED_KEY, guided ? "on" : "off");
    set({ guided });
  },
  notify: (notice) =>
    set((state) => {
      const made = { ...notice, id: nextNotice++ };
      return {
        notices: [...state.notices.slice(-3), made],
        history: [...state.history.slice(1 - MAX_HISTORY), { ...made, at: new Date().toISOString() }],
      };
    }),
  dismiss: (id) => set((state) => ({ notices: state.notices.filter((notice) => notice.id !== id) })),
}));

/** Shows any failure as a notice; a cancellation is no failure. */
export function notifyError(error: unknown): void {
  const { code, message, hint } = asLimpetError(error);
  if (code === "cancelled") return;
  useApp.getState().notify({ level: "error", message, hint, code });
}

export const connectedBoard = (state: AppState): BoardInfo | null =>
  state.board.kind === "connected" ? state.board.info : null;

/** The experiment in hand: the chosen one, else the newest. */
export const currentExperiment = (state: AppState): ExperimentInfo | null =>
  state.experiments.find(({ id }) => id === state.experiment) ??
  [...state.experiments].sort((a, b) => b.id - a.id)[0] ??
  null;

/** Where each step stands for the experiment in hand; null without a project. Made anew each time: not for a selector as it is. */
export const stepsInHand = (state: AppState): ProjectSummary["steps"] | null =>
  state.summary === null ? null : stepsFor(state.summary.steps, currentExperiment(state), state.experiments);

/** Keeps the store as the engine says; call once the client is there. */
export function followEngine(client: EngineClient): void {
  const set = useApp.setState;
  const loadRecordings = async (): Promise<void> => {
    set({ recordings: await client.request("recordings:list", {}) });
  };
  const loadExperiments = async (): Promise<void> => {
    const experiments = await client.request("experiments:list", {});
    const { summary, experiment } = useApp.getState();
    set({
      experiments,
      experiment: experiment ?? (summary === null ? null : rememberedInHand(summary.path, experiments)),
    });
  };
  useApp.subscribe(({ experiment, experiments, summary }, before) => {
    if (experiment === null || summary === null) return;
    if (experiment !== before.experiment || experiments !== before.experiments)
      rememberInHand(summary.path, experiment, experiments);
  });
  const adopt = (summary: ProjectSummary | null): void => {
    const before = useApp.getState().summary?.path;
    set({ summary });
    if (summary?.path !== before) {
      forgetWork();
      set({ tuning: null, stages: new Map(), epochAt: null });
    }
    if (summary === null) set({ recordings: [], experiments: [], epochs: [], experiment: null });
    else if (summary.path !== before) {
      const fresh = summary.steps.goal === "to-do" && summary.recordings === 0;
      set({ place: fresh ? "goal" : "collect", epochs: [], experiment: null });
      loadRecordings().catch(notifyError);
      loadExperiments().catch(() => set({ experiments: [] }));
    }
  };
  client.on("project:changed", adopt);
  client.on("recordings:changed", () => void loadRecordings().catch(notifyError));
  client.on("experiments:changed", () => {
    set({ epochAt: null });
    loadExperiments().catch(notifyError);
  });
  client.on("board:state", (board) => set({ board }));
  client.on("recording:state", (recording) => set({ recording }));
  client.on("training:epoch", (epoch) =>
    set((state) => ({
      // The first epoch of another training begins a new list.
      epochs: epoch.epoch <= (state.epochs.at(-1)?.epoch ?? 0) ? [epoch] : [...state.epochs, epoch],
      epochAt: Date.now(),
    })),
  );
  client.on("deployment:stage", (stage) =>
    set((state) => ({ stages: new Map(state.stages).set(stage.stage, stage) })),
  );
  client.on("training:tuned", (tuning) => set({ tuning }));
  client.on("app:notice", (notice) => useApp.getState().notify(notice));
  const load = async (again: boolean): Promise<void> => {
    const [info, board] = await Promise.all([
      client.request("app:get-info", {}),
      client.request("boards:get-state", {}),
    ]);
    // Last, and taken at once: a project that is opened meanwhile tells of itself by an event, which nothing older may undo.
    const summary = await client.request("project:get-summary", {});
    set({ info, board, loaded: true, recording: { kind: "idle" } });
    adopt(summary);
    if (again) {
      // What the engine did before it ended may not have been told.
      if (summary !== null) await Promise.all([loadRecordings(), loadExperiments()]);
      useApp.getState().notify({
        level: "warning",
        message: i18next.t("The engine was started again; the window is connected to it."),
        hint: i18next.t(
          "What was saved is unharmed. What was under way has ended: start it again. The log says why.",
        ),
        action: { label: i18next.t("Show the log"), run: () => set({ logOpened: true }) },
      });
    }
  };
  let was: ChannelState = "connecting";
  let opened = false;
  const loadWhenOpen = (channel: ChannelState): void => {
    if (channel === was) return;
    was = channel;
    if (channel !== "open") return;
    load(opened).catch(notifyError);
    opened = true;
  };
  useApp.subscribe((state) => loadWhenOpen(state.channel));
  loadWhenOpen(useApp.getState().channel);
}
