/**
 * The end of a process that has done its work. process.exit waits for V8's threads, and one of them that compiles may be waiting for
 * this one to collect garbage: in Node 24 both then wait for ever. A process that ends by itself does not; one that something keeps
 * alive is idle for a moment first, so that nothing is being compiled any more. It waits for its threads, too, even for one that is
 * inside of SQLite for minutes.
 */
import { hasStuckThread } from "../threads/work-threads.ts";

/** Time in which a process that is done may end by itself, milliseconds. */
const LINGER_MS = 200;
/** Exit code of what was interrupted; a shell also gives it for a process that SIGINT ended. */
const INTERRUPTED = 130;

/** Has the process end with `code`; what runs on is cut off after a moment. Output must be flushed before. */
export function endProcess(code: number): void {
  process.exitCode = code;
  const end = (): void => {
    if (!hasStuckThread()) process.exit(code);
    // It only reads: nothing is lost.
    process.removeAllListeners("SIGINT");
    process.kill(process.pid, code === INTERRUPTED ? "SIGINT" : "SIGKILL");
  };
  setTimeout(end, LINGER_MS).unref();
}
