/** A program of its own that writes to a project for a while: argv is the project and for how long at most, milliseconds; SIGTERM ends it before. */
import Database from "better-sqlite3";

const [, , path, milliseconds] = process.argv;
const database = new Database(path as string);
database.exec("BEGIN IMMEDIATE");
const end = (): void => {
  clearTimeout(timer);
  database.exec("COMMIT");
  database.close();
};
const timer = setTimeout(end, Number(milliseconds));
process.once("SIGTERM", end);
process.stdout.write("held\n");
