/** Requests about going back to a snapshot, the log, and reports for whoever helps. */
import { resolve } from "node:path";
import { projectSummary } from "../../services/project-service.ts";
import { saveReport } from "../../services/report-service.ts";
import type { EngineState } from "../engine-state.ts";
import { readLogs } from "../log-file.ts";
import { logEntries } from "../log-lines.ts";
import type { Handlers } from "../rpc-server.ts";

type Names = "snapshots:list" | "snapshots:restore" | "app:save-report" | "app:get-log";

export type ReportContext = {
  readonly host: "electron" | "web";
  readonly version: () => string;
  readonly logFolder: string;
};

export function recoveryHandlers(state: EngineState, context: ReportContext): Pick<Handlers, Names> {
  return {
    "snapshots:list": ({ path }) =>
      state.snapshots.list(path === undefined ? state.project.path : resolve(path)),
    "snapshots:restore": async ({ path, id }, call) => {
      const target = path === undefined ? state.project.path : resolve(path);
      if (state.openProject?.path === target) await state.close();
      const kept = await state.snapshots.restore(target, id, call);
      return { kept, summary: projectSummary(await state.open(target)) };
    },
    "app:get-log": ({ lines }) =>
      logEntries(
        readLogs(context.logFolder).map(({ text }) => text),
        lines,
      ),
    "app:save-report": ({ path, withProject }, call) =>
      saveReport(
        {
          path,
          withProject,
          version: context.version(),
          host: context.host,
          logs: readLogs(context.logFolder),
          project: state.openProject,
        },
        call,
      ),
  };
}
