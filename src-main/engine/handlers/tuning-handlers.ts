/** Requests about the search for a design, and about a design with and without a sensor. */
import type { EngineState } from "../engine-state.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = "training:tune" | "evaluation:compare" | "evaluation:compare-without";

export function tuningHandlers(state: EngineState): Pick<Handlers, Names> {
  return {
    "training:tune": async (request, call) => {
      const { project } = state;
      const { tune } = await import("../../services/tune-service.ts");
      return state.exclusive("training", (stop) =>
        tune(project, request, {
          ...call,
          stop,
          onFound: (progress) => {
            state.emit("training:tuned", progress);
            state.experimentsChanged();
          },
        }).finally(() => state.experimentsChanged()),
      );
    },
    "evaluation:compare": async ({ a, b }, call) => {
      const { compare } = await import("../../services/evaluation-service.ts");
      return compare(state.project, a, b, call);
    },
    "evaluation:compare-without": async (request, call) => {
      const { project } = state;
      const { compareWithout } = await import("../../services/without-service.ts");
      return state.exclusive("training", (stop) =>
        compareWithout(project, request, { ...call, stop }).finally(() => state.experimentsChanged()),
      );
    },
  };
}
