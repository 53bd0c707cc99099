/** A program of its own that merges: argv is the project, the other one, and after how many recordings it is killed (none: never). */
import { mergeProject } from "../../src-main/dataset/merge.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";

const [, , path, other, after] = process.argv;
if (path === undefined || other === undefined) throw new Error("two projects are needed");
const project = ProjectFile.open(path);
const count = project.database;
const timer = setInterval(() => {
  const inside = count.get<{ n: number }>("SELECT count(*) AS n FROM recordings")?.n ?? 0;
  if (after !== undefined && inside >= Number(after)) process.kill(process.pid, "SIGKILL");
}, 0);
await mergeProject(project, other);
clearInterval(timer);
project.close();
