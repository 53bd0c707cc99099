/** Requests about design, training, experiments, conversion, evaluation and deployment. */
import { resolve } from "node:path";
import { isMadeHere } from "../../boards/open-board.ts";
import { forAlone } from "../../deployment/alone.ts";
import { deploy } from "../../services/deployment-service.ts";
import type { EngineState } from "../engine-state.ts";
import { conversion, evaluation, training } from "../learning-services.ts";
import type { Handlers } from "../rpc-server.ts";
import { limpetVersion } from "../version.ts";
import { evaluationHandlers } from "./evaluation-handlers.ts";
import { tuningHandlers } from "./tuning-handlers.ts";

type Names = Extract<
  keyof Handlers,
  | `design:${string}`
  | `training:${string}`
  | `experiments:${string}`
  | `conversion:${string}`
  | `evaluation:${string}`
  | `deployment:${string}`
  | `thresholds:${string}`
  | `diagnosis:${string}`
>;

export function learningHandlers(state: EngineState): Pick<Handlers, Names> {
  return {
    ...evaluationHandlers(state),
    ...tuningHandlers(state),
    "design:list-presets": async () => (await training()).listPresets(state.project),
    "design:describe": async ({ design, preset }) =>
      (await training()).describeDesign(state.project, { design, preset }),
    "design:save": async ({ design }) => {
      const report = await (await training()).describeDesign(state.project, { design });
      state.project.saveDesign(design);
      state.projectChanged();
      return report;
    },
    "design:get": () => state.project.design(),
    "design:get-features": async ({ design }, call) =>
      (await import("../../services/feature-plot.ts")).featurePlot(state.project, design, call),
    "design:get-map": async ({ design }, call) => (await training()).featureMap(state.project, design, call),

    "training:start": async (request, call) => {
      const { project } = state;
      const { train } = await training();
      return state.exclusive("training", (stop) =>
        train(project, request, {
          ...call,
          stop,
          onEpoch: (epoch) => state.emit("training:epoch", epoch),
        }).finally(() => state.experimentsChanged()),
      );
    },
    "training:stop": async () => {
      await state.stopWork("training");
      return {};
    },
    "experiments:list": async () => (await training()).listExperiments(state.project),
    "experiments:rename": ({ id, name }) => {
      state.project.updateExperiment(id, { name });
      state.experimentsChanged();
      return {};
    },
    "experiments:delete": ({ id }) => {
      state.project.deleteExperiment(id);
      state.experimentsChanged();
      return {};
    },
    "experiments:export": async ({ id, format, path }, call) => {
      const result = await (await conversion()).exportModel(state.project, id, format, resolve(path), call);
      state.experimentsChanged();
      return result;
    },
    "experiments:report": async ({ id, ...request }, call) => {
      const { makeJobReport } = await import("../../services/job-report.ts");
      const connected = state.boards.state;
      const report = await makeJobReport(
        state.project,
        {
          ...request,
          experiment: id,
          version: limpetVersion(),
          board: connected.kind === "connected" ? connected.info : null,
        },
        call,
      );
      state.experimentsChanged();
      return report;
    },
    "conversion:run": async ({ experiment }, call) => {
      const report = await (await conversion()).convertExperiment(state.project, experiment, call);
      state.experimentsChanged();
      return report;
    },
    "evaluation:run": async (request, call) => {
      const { evaluate } = await evaluation();
      // A real board's line takes one at a time: evaluation opens it by itself and gives it back.
      const { boards } = state;
      const held = boards.state.kind === "connected" ? boards.state.info.port : null;
      const lend = request.engine === "board" && held === request.board && held !== null && !isMadeHere(held);
      if (lend) await boards.disconnect();
      try {
        return await evaluate(state.project, request, call);
      } finally {
        if (lend && held !== null) await boards.connect(held);
        state.experimentsChanged();
      }
    },
    "deployment:reckon-power": async ({ experiment, everyMs }) =>
      (await import("../../services/power-service.ts")).powerOnBoards(state.project, experiment, everyMs),
    "deployment:run": async ({ experiment, board, firmware, ...alone }, call) => {
      const { project, boards } = state;
      const converted = await (await conversion()).packageExperiment(project, experiment, call);
      const modelPackage = forAlone(converted, alone);
      // The connected board is used where it is the one that is meant; else that one is connected first.
      const connected = boards.state;
      if (connected.kind !== "connected" || connected.info.port !== board) await boards.connect(board);
      const report = await boards.exclusively((session) =>
        deploy(project, session, {
          ...call,
          experiment,
          firmware,
          modelPackage,
          onStage: (stage) => state.emit("deployment:stage", stage),
        }),
      );
      state.projectChanged();
      return report;
    },
  };
}
