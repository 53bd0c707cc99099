/**
 * Loaded into the engine's process by `npm run bench:turns`: writes down how long the thread was held at a time, and the processor
 * time it takes, as lines of JSON into the file that LIMPET_TURNS names. With LIMPET_TURNS_PROFILE also what it did, when the process ends.
 */
import { appendFileSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";

/** A tick that comes this much late was held up, milliseconds. */
const LATE_MS = 5;
const TICK_MS = 5;
const LINE_MS = 200;

const file = process.env.LIMPET_TURNS;
const profile = process.env.LIMPET_TURNS_PROFILE;
if (file === undefined) throw new Error("LIMPET_TURNS names no file");

const now = (): number => performance.timeOrigin + performance.now();

const busyMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let last = now();
let busy = busyMs();
let holds: [begin: number, ms: number, busyMs: number][] = [];
let written = last;
setInterval(() => {
  const at = now();
  if (at - last > TICK_MS + LATE_MS) holds.push([last, at - last - TICK_MS, busyMs() - busy]);
  if (at - written >= LINE_MS) {
    appendFileSync(
      file,
      `${JSON.stringify({ at, busyMs: busyMs(), holds, rss: process.memoryUsage.rss() })}\n`,
    );
    holds = [];
    written = at;
  }
  last = now();
  busy = busyMs();
}, TICK_MS).unref();

if (profile !== undefined) {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: 1000 });
  const began = now();
  session.post("Profiler.start");
  process.on("exit", () => {
    session.post("Profiler.stop", (_error, result) =>
      writeFileSync(profile, JSON.stringify({ began, ...result.profile })),
    );
  });
}
