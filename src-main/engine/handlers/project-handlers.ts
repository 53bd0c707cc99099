/** Requests about the project file: open, edit, import, export, split. */
import { resolve } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";
import { checkProjectInTurns } from "../../dataset/check.ts";
import { mergeProject } from "../../dataset/merge.ts";
import { readPhotoFile } from "../../dataset/photo-file.ts";
import { createProjectInThread } from "../../services/example-service.ts";
import { importContent, importFiles, projectSummary, splitProject } from "../../services/project-service.ts";
import { exportInThread } from "../../services/recordings-export.ts";
import {
  activeParts,
  signalMeasures,
  signalSamples,
  signalSpectrogram,
} from "../../services/signal-service.ts";
import { wholeTurn } from "../../threads/turns.ts";
import type { EngineState } from "../engine-state.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = Extract<
  keyof Handlers,
  `project:${string}` | `photos:${string}` | `recordings:${string}` | `labels:${string}` | `split:${string}`
>;

export function projectHandlers(state: EngineState): Pick<Handlers, Names> {
  /** Tells of a change in a turn of its own: of thousands of recordings, the change and the summary each take a while. */
  const changed = async (): Promise<void> => {
    await wholeTurn();
    state.recordingsChanged();
  };
  return {
    "project:create": async ({ path, example }, call) => {
      // Made first: where that fails, the project that is open stays open.
      const made = await createProjectInThread(resolve(path), example, call);
      await state.close();
      return projectSummary(state.adopt(made));
    },
    "project:open": async ({ path }) => {
      const wanted = resolve(path);
      const project = state.openProject?.path === wanted ? state.openProject : await state.open(wanted);
      return projectSummary(project);
    },
    "project:close": async () => {
      await state.close();
      return {};
    },
    "project:get-summary": () => (state.openProject === null ? null : projectSummary(state.openProject)),
    "project:list-recent": () => state.recent.list(),
    // It reads all of the file: the disk is the recording's.
    "project:check": async (_params, call) => {
      const { path } = state.project;
      state.requireNone("recording");
      return checkProjectInTurns(path, call);
    },
    "project:save-goal": (goal) => {
      state.project.saveGoal(goal);
      state.projectChanged();
      return projectSummary(state.project);
    },
    "project:undo": async () => {
      const undone = state.project.undo();
      if (undone !== null) await changed();
      return { undone };
    },
    "project:redo": async () => {
      const redone = state.project.redo();
      if (redone !== null) await changed();
      return { redone };
    },

    "recordings:list": () => state.project.recordings(),
    "recordings:update": async ({ ids, ...change }) => {
      state.project.updateRecordings(ids, change);
      await changed();
      return {};
    },
    "recordings:delete": async ({ ids }) => {
      state.project.deleteRecordings(ids);
      await changed();
      return {};
    },
    "recordings:get-waveform": ({ streamId, startSample, endSample, buckets }) =>
      state.project.waveform(streamId, startSample, endSample, buckets),
    "recordings:get-spectrogram": (request) => signalSpectrogram(state.project, request),
    "recordings:measure": (request) => signalMeasures(state.project, request),
    "recordings:find-active": (request) => activeParts(state.project, request),
    "recordings:get-samples": (request) => signalSamples(state.project, request),
    "recordings:cut": ({ id, parts, replace }) => {
      const made = state.project.cutRecording(id, parts, { replace });
      state.recordingsChanged();
      return { recordings: made.map((recording) => recording.id) };
    },
    "photos:add": ({ path, base64 }) => {
      if ((path === undefined) === (base64 === undefined)) {
        throw new LimpetError("usage", "A photo comes from a file or as its bytes.", { field: "path" });
      }
      const bytes = path === undefined ? Buffer.from(base64 ?? "", "base64") : readPhotoFile(resolve(path));
      return state.project.addPhoto(bytes);
    },
    "photos:get": ({ id }) => {
      const { data, ...info } = state.project.photo(id);
      return { ...info, base64: Buffer.from(data).toString("base64") };
    },
    "project:merge": async ({ path }, call) => {
      const { project } = state;
      return state.exclusive("merging", (stop) =>
        mergeProject(project, resolve(path), {
          ...call,
          signal: AbortSignal.any([call.signal, stop]),
        }).finally(() => state.recordingsChanged()),
      );
    },
    "labels:rename": async ({ from, to }) => {
      state.project.renameLabel(from, to);
      await changed();
      return {};
    },
    "recordings:import": async ({ paths, label, rateHz, group, asFound }, call) => {
      try {
        return await importFiles(state.project, paths, { label, rateHz, group, asFound }, call);
      } finally {
        state.recordingsChanged();
      }
    },
    "recordings:import-content": ({ name, base64, label }) => {
      const report = importContent(state.project, name, Buffer.from(base64, "base64"), { label });
      state.recordingsChanged();
      return report;
    },
    "recordings:export": ({ format, folder }, call) =>
      exportInThread(state.project, format, resolve(folder), call),
    "split:apply": async (options) => {
      const result = splitProject(state.project, options);
      await changed();
      return result;
    },
  };
}
