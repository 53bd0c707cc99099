/** A program of its own that merges: argv is the project, the other one, and at how many recordings it is killed. */
import { mergeProject } from "../../src-main/dataset/merge.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { abortedWhen } from "../waiting.ts";

const [, , path, other, after] = process.argv;
if (path === undefined || other === undefined) throw new Error("two projects are needed");
const project = ProjectFile.open(path);
const inside = (): number =>
  project.database.get<{ n: number }>("SELECT count(*) AS n FROM recordings")?.n ?? 0;
// The merge asks again and again whether it is to end; it is killed where it asks.
const signal = abortedWhen(() => {
  if (inside() >= Number(after)) process.kill(process.pid, "SIGKILL");
  return false;
});
await mergeProject(project, other, { signal });
project.close();
