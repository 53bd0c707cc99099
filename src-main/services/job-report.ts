/** The job report: its facts as a page, written to a file where that is wanted. */
import { resolve } from "node:path";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { writeWhole } from "../dataset/export/write-file.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { statOf } from "../dataset/stat.ts";
import { gatherJobReport, type JobReportRequest } from "./job-report-facts.ts";
import type { JobReportLanguage } from "./job-report-language.ts";
import { jobReportPage } from "./job-report-page.ts";

/**
 * Makes a job report and writes it where `path` says; an older file is replaced as a whole or not at all. Throws as
 * `gatherJobReport` does, and `read-only`, `disk-full`.
 */
export async function makeJobReport(
  project: ProjectFile,
  request: JobReportRequest & JobReportLanguage & { readonly path: string | null },
  work: WorkOptions = {},
): Promise<{ html: string; path: string | null; bytes: number }> {
  if (request.path !== null && statOf(resolve(request.path))?.isDirectory() === true) {
    throw new LimpetError("usage", `${request.path} is a folder.`, {
      field: "path",
      hint: "Name the file to be written, for example report.html in it.",
    });
  }
  const html = jobReportPage(await gatherJobReport(project, request, work), request);
  const bytes = Buffer.byteLength(html);
  if (request.path === null) return { html, path: null, bytes };
  const path = resolve(request.path);
  writeWhole(path, html);
  return { html, path, bytes };
}
