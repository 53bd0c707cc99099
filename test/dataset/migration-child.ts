/**
 * A program of its own that brings a project to today's format: argv is the project and how. `cut-off` does the tables in a transaction
 * that is in the file already, and is killed before its end; anything else is the name of a copy in whose midst it is killed.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { migrate } from "../../src-main/dataset/schema.ts";

const [, , path, how] = process.argv;
if (path === undefined || how === undefined) throw new Error("a project and how are needed");
if (how === "cut-off") {
  const database = new Database(path);
  // One page in memory: what is changed has to go into the file before the end, and what stood there into the journal.
  database.pragma("cache_size = 1");
  database.exec("BEGIN IMMEDIATE; UPDATE chunks SET data = zeroblob(length(data)), crc32 = 0");
  migrate(database);
  process.kill(process.pid, "SIGKILL");
}
// A thread of its own looks at the copy without a pause: it need not wait for its turn as another program would.
const code = `
  const { statSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  parentPort.postMessage("ready");
  for (;;) if ((statSync(workerData, { throwIfNoEntry: false })?.size ?? 0) > 0) process.kill(process.pid, "SIGKILL");`;
await once(new Worker(code, { eval: true, workerData: how }), "message");
ProjectFile.open(path).close();
process.exit();
