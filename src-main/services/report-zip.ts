/** The archive of a report for support. Knows files and zip; not what is in a report. */
import { readFileSync, writeFileSync } from "node:fs";
import { zipSync } from "fflate";
import { translateSqliteError } from "../dataset/sqlite.ts";

export type ReportArchive = {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Where it is written; its place until it is whole is `partial`. */
  readonly path: string;
  readonly partial: string;
  /** The project's copy at `partial`, which the archive takes the place of, becomes a file of it. */
  readonly withProject: boolean;
};

/** Writes it to `partial` and returns its bytes. Throws `disk-full`, `read-only`. */
export function writeReportArchive({ files, path, partial, withProject }: ReportArchive): number {
  try {
    const project = withProject ? { "project.limpet": readFileSync(partial) } : {};
    const bytes = zipSync({ ...files, ...project });
    writeFileSync(partial, bytes);
    return bytes.byteLength;
  } catch (error) {
    throw translateSqliteError(error, path);
  }
}
