/** Requests about designs, experiments and deployment that need nothing but the project file and the board. */
import { deploy, packageOf } from "../../services/deployment-service.ts";
import type { EngineState } from "../engine-state.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = "design:get" | "experiments:rename" | "experiments:delete" | "deployment:run";

export function learningHandlers(state: EngineState): Pick<Handlers, Names> {
  return {
    "design:get": () => state.project.design(),
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
    "deployment:run": async ({ experiment, board, firmware }, call) => {
      const { project, boards } = state;
      const modelPackage = await packageOf(project, experiment, null, call);
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
