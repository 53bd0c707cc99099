/** The log's lines of JSON as people read them: time, level, message, details. Knows pino's fields; no files. */
import { homedir } from "node:os";
import type { RequestResult } from "../../src-shared/contract/index.ts";

export type LogEntry = RequestResult<"app:get-log">[number];

/** pino's levels: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
const levelOf = (level: unknown): LogEntry["level"] => {
  if (typeof level !== "number" || level < 30) return "debug";
  return level < 40 ? "info" : level < 50 ? "warning" : "error";
};

/**
 * The newest `count` entries, oldest first.
 * @param texts log files, the newest first; lines that are none of the log's are passed over
 */
export function logEntries(texts: readonly string[], count: number, home = homedir()): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const text of texts) {
    const lines = text.split("\n");
    for (let i = lines.length - 1; i >= 0 && entries.length < count; i--) {
      const entry = entryOf(lines[i] ?? "", home);
      if (entry !== null) entries.push(entry);
    }
  }
  return entries.reverse();
}

function entryOf(line: string, home: string): LogEntry | null {
  if (line.trim() === "") return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(home.length < 3 ? line : line.replaceAll(JSON.stringify(home).slice(1, -1), "~"));
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  const { time, level, msg, pid: _pid, ...rest } = parsed as Record<string, unknown>;
  const at = new Date(typeof time === "number" ? time : Number.NaN);
  if (Number.isNaN(at.getTime())) return null;
  return {
    at: at.toISOString(),
    level: levelOf(level),
    message: typeof msg === "string" ? msg : "",
    detail: Object.keys(rest).length === 0 ? "" : JSON.stringify(rest),
  };
}
