/** A process whose thread is inside of SQLite when it ends with the code that it is given. */
import { Worker } from "node:worker_threads";
import { endProcess } from "../../src-main/engine/end-process.ts";
import { hasStuckThread, inThread, workThreads } from "../../src-main/threads/work-threads.ts";

const ENDLESS = `
  const { parentPort, workerData } = require("node:worker_threads");
  const Database = require(workerData);
  parentPort.once("message", () => {
    parentPort.postMessage({ kind: "progress", stage: "inside", fraction: 0 });
    new Database(":memory:").prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n").get();
  });`;

workThreads.cancelMs = 50;
workThreads.start = () =>
  new Worker(ENDLESS, { eval: true, workerData: new URL(import.meta.resolve("better-sqlite3")).pathname });

// As the command line does.
process.on("SIGINT", () => {});
const abort = new AbortController();
await inThread("check", { path: "" }, { signal: abort.signal, onProgress: () => abort.abort() }).catch(
  () => {},
);
console.log(hasStuckThread() ? "stuck" : "free");
endProcess(Number(process.argv[2]));
