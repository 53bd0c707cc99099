/**
 * A program of its own that brings a project to today's format: argv is the project and how. `open` opens it as the app does;
 * `cut-off` does the tables in a transaction that is in the file already, and is killed before its end.
 */
import Database from "better-sqlite3";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { migrate } from "../../src-main/dataset/schema.ts";

const [, , path, how] = process.argv;
if (path === undefined) throw new Error("no project");
if (how === "cut-off") {
  const database = new Database(path);
  // One page in memory: what is changed has to go into the file before the end, and what stood there into the journal.
  database.pragma("cache_size = 1");
  database.exec("BEGIN IMMEDIATE; UPDATE chunks SET data = zeroblob(length(data)), crc32 = 0");
  migrate(database);
  process.kill(process.pid, "SIGKILL");
}
ProjectFile.open(path).close();
