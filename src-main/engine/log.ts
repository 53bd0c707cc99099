/** The engine's log: lines of JSON on standard error, so that standard output stays with the host, and in files of the user's own. */
import pino, { type Level, type Logger } from "pino";
import { logFolder, RotatingLog } from "./log-file.ts";

/** What the files hold at least, whatever standard error shows. */
const FILE_LEVEL: Level = "info";

/**
 * Level on standard error from `LIMPET_LOG` (trace to fatal, silent); without it warnings and worse.
 * @param userFolder where the log files are kept; without it there are none
 */
export function createLog(environment: NodeJS.ProcessEnv = process.env, userFolder?: string): Logger {
  const wanted = environment.LIMPET_LOG ?? "warn";
  const shown = isLevel(wanted) ? wanted : wanted === "silent" ? null : "warn";
  const streams: pino.StreamEntry[] = [];
  if (shown !== null) streams.push({ level: shown, stream: pino.destination({ dest: 2, sync: true }) });
  if (userFolder !== undefined)
    streams.push({ level: FILE_LEVEL, stream: new RotatingLog(logFolder(userFolder)) });
  // Each stream takes what is of its level; the log itself lets through what one of them wants.
  const order = (level: Level): number => pino.levels.values[level] ?? 0;
  const [level = "silent"] = streams
    .map((stream) => stream.level as Level)
    .sort((a, b) => order(a) - order(b));
  // The computer's name is nobody's business.
  return pino({ level, base: { pid: process.pid } }, pino.multistream(streams));
}

const isLevel = (text: string): text is Level => text in pino.levels.values;
