/** A program of its own that writes to a project for a while: argv is the project and for how long, milliseconds. */
import Database from "better-sqlite3";

const [, , path, milliseconds] = process.argv;
const database = new Database(path as string);
database.exec("BEGIN IMMEDIATE");
process.stdout.write("held\n");
setTimeout(() => {
  database.exec("COMMIT");
  database.close();
}, Number(milliseconds));
