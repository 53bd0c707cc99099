/**
 * A report for support the user: versions, computer, log, what the open project consists of. No samples, no names of labels
 * or recordings and no path of the user's home are in it, unless the project itself is asked for.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { arch, cpus, homedir, platform, release, totalmem } from "node:os";
import { resolve } from "node:path";
import { strToU8 } from "fflate";
import { LimpetError } from "../../src-shared/errors.ts";
import type { WorkOptions } from "../../src-shared/work.ts";
import { checkProjectInTurns } from "../dataset/check.ts";
import type { ProjectFile } from "../dataset/project-file.ts";
import { translateSqliteError } from "../dataset/sqlite.ts";
import { awayOrHere } from "../threads/work-threads.ts";
import { writeReportArchive } from "./report-zip.ts";

export type ReportRequest = {
  /** The zip file to write; must not exist. */
  readonly path: string;
  readonly version: string;
  readonly host: string;
  readonly logs: readonly { readonly name: string; readonly text: string }[];
  readonly project: ProjectFile | null;
  /** Puts the project itself, with all recordings, into the report. */
  readonly withProject: boolean;
};

/** Writes the report. Throws `usage` where the file exists, `read-only`, `disk-full`, `cancelled`. */
export async function saveReport(
  request: ReportRequest,
  work: WorkOptions = {},
): Promise<{ path: string; bytes: number }> {
  const path = resolve(request.path);
  if (existsSync(path)) {
    throw new LimpetError("usage", `${path} exists already.`, {
      field: "path",
      hint: "Choose another name.",
    });
  }
  const files: Record<string, Uint8Array> = {
    "about.json": json(about(request)),
    ...Object.fromEntries(request.logs.map(({ name, text }) => [`logs/${name}`, strToU8(withoutHome(text))])),
  };
  if (request.project !== null) files["project.json"] = json(await projectFigures(request.project, work));
  const copy = `${path}.part`;
  try {
    if (request.project !== null && request.withProject) {
      await request.project.database.copyTo(copy, work);
    }
    const archive = { files, path, partial: copy, withProject: existsSync(copy) };
    const bytes = await awayOrHere("report-archive", archive, () => writeReportArchive(archive), work);
    renameSync(copy, path);
    return { path, bytes };
  } catch (error) {
    throw translateSqliteError(error, path);
  } finally {
    rmSync(copy, { force: true });
  }
}

const json = (value: unknown): Uint8Array => strToU8(`${JSON.stringify(value, null, 2)}\n`);

function about({ version, host }: ReportRequest): object {
  return {
    limpet: version,
    host,
    node: process.versions.node,
    electron: process.versions.electron ?? null,
    sqlite: "better-sqlite3",
    system: `${platform()} ${release()} ${arch()}`,
    processors: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    at: new Date().toISOString(),
  };
}

/** What the project consists of, in numbers. */
async function projectFigures(project: ProjectFile, work: WorkOptions): Promise<object> {
  const recordings = project.recordings();
  const streams = recordings.flatMap((recording) => recording.streams);
  return {
    readonly: project.readonly,
    labels: new Set(recordings.map(({ label }) => label)).size,
    recordings: recordings.length,
    incomplete: recordings.filter(({ incomplete }) => incomplete).length,
    streams: streams.map(({ sensor, rateHz, sampleType, samples, lostSamples, gaps, channels }) => ({
      sensor,
      rateHz,
      sampleType,
      channels: channels.length,
      samples,
      lostSamples,
      gaps,
    })),
    experiments: project.experiments().length,
    deployments: project.deployments().length,
    check: { ...(await checkProjectInTurns(project.path, work)), problems: undefined },
  };
}

/** The user's name stands in the path of the home folder, which stands in many messages. */
function withoutHome(text: string): string {
  const home = homedir();
  return home.length < 3
    ? text
    : text.replaceAll(home, "~").replaceAll(JSON.stringify(home).slice(1, -1), "~");
}
