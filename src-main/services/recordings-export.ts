/** Writes recordings into a folder without holding the engine: a work thread reads them. Knows no formats. */
import type { WorkOptions } from "../../src-shared/work.ts";
import { type ExportFormat, exportRecordings } from "../dataset/export/export.ts";
import { ProjectFile } from "../dataset/project-file.ts";
import type { JobInput } from "../threads/thread-jobs.ts";
import { inThread } from "../threads/work-threads.ts";

/** As `exportRecordings`, in a thread. Throws as that, and as `inThread`. */
export const exportInThread = (
  project: ProjectFile,
  format: ExportFormat,
  folder: string,
  work: WorkOptions = {},
): Promise<{ files: number }> => inThread("export", { path: project.path, format, folder }, work);

/** The job `export` of a work thread. Throws as `exportRecordings`, and what opening a project throws. */
export async function exportByPath(
  { path, format, folder }: JobInput<"export">,
  work: WorkOptions,
): Promise<{ files: number }> {
  // Whoever has the project open mends it.
  const project = ProjectFile.open(path, { readonly: true, asItIs: true });
  try {
    return await exportRecordings(project, format, folder, work);
  } finally {
    project.close();
  }
}
