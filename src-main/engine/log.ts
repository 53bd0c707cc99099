/** The engine's log: lines of JSON on standard error, so that standard output stays with the host. */
import pino, { type Logger } from "pino";

/** Level from `LIMPET_LOG` (trace to fatal, silent); without it warnings and worse. */
export function createLog(environment: NodeJS.ProcessEnv = process.env): Logger {
  const level = environment.LIMPET_LOG ?? "warn";
  return pino(
    { name: "limpet", level: level in pino.levels.values || level === "silent" ? level : "warn" },
    pino.destination({ dest: 2, sync: true }),
  );
}
