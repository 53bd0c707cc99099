/** Requests about what an experiment is worth and why: kept reports, thresholds, the learning curve, diagnosis. */
import type { EngineState } from "../engine-state.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = Extract<
  keyof Handlers,
  | "conversion:get-last"
  | "evaluation:get-last"
  | "evaluation:learning-curve"
  | `thresholds:${string}`
  | `diagnosis:${string}`
>;

const keptReports = () => import("../../services/kept-reports.ts");
const thresholds = () => import("../../services/thresholds-service.ts");

export function evaluationHandlers(state: EngineState): Pick<Handlers, Names> {
  return {
    "conversion:get-last": async ({ experiment }) =>
      (await keptReports()).lastConversion(state.project, experiment),
    "evaluation:get-last": async ({ experiment, split, engine }) =>
      (await keptReports()).lastEvaluation(state.project, experiment, split, engine),
    "thresholds:measure": async (request, call) =>
      (await thresholds()).measureThresholds(state.project, request, call),
    "thresholds:set": async ({ experiment, thresholds: wish }) => {
      const kept = (await thresholds()).setThresholds(state.project, experiment, wish);
      state.experimentsChanged();
      return { thresholds: kept };
    },
    "evaluation:learning-curve": async (request, call) =>
      (await import("../../services/learning-curve-service.ts")).learningCurve(state.project, request, call),
    "diagnosis:run": async ({ experiment }, call) =>
      (await import("../../services/diagnosis-service.ts")).diagnose(state.project, experiment, call),
  };
}
