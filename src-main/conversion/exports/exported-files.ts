/**
 * Files that an export consists of, and where they go: an export of one file becomes the path that was asked for; one of several
 * becomes a zip (the path ends in .zip), lies round the named file (the path's ending is that of one of them), or fills a folder.
 * Writes nothing itself.
 */
import { basename, dirname, extname, join } from "node:path";
import { type Zippable, zipSync } from "fflate";

export type ExportedFile = {
  /** With `/` between folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Another of the files refers to it by this name. */
  readonly fixed?: true;
};

export type PlacedFile = { readonly path: string; readonly bytes: Uint8Array };

/** A text file in UTF-8. */
export const textFile = (name: string, text: string): ExportedFile => ({
  name,
  bytes: new TextEncoder().encode(text),
});

/** What C++ calls its files. */
const CPP_ENDINGS: Readonly<Record<string, string>> = {
  ".cc": ".c",
  ".cpp": ".c",
  ".cxx": ".c",
  ".hpp": ".h",
};

/** Where each file is to be written when the user asks for `path`. Folders may have to be made. */
export function placeFiles(path: string, files: readonly ExportedFile[]): PlacedFile[] {
  const [only] = files;
  if (files.length === 1 && only !== undefined) return [{ path, bytes: only.bytes }];
  const ending = CPP_ENDINGS[extname(path)] ?? extname(path);
  if (ending === ".zip") return [{ path, bytes: zip(files) }];
  const named =
    ending === "" ? undefined : files.find(({ name, fixed }) => fixed !== true && extname(name) === ending);
  return files.map((file) => ({
    path: named === undefined ? join(path, file.name) : beside(path, file, file === named),
    bytes: file.bytes,
  }));
}

const beside = (path: string, { name }: ExportedFile, named: boolean): string =>
  named ? path : join(dirname(path), name);

/** The name without its ending that an export's own files take from the path, so that they find each other. */
export const nameOfPath = (path: string): string => basename(path, extname(path));

/** An archive whose bytes depend on the files alone. */
export function zip(files: readonly ExportedFile[]): Uint8Array {
  const entries: Zippable = {};
  for (const { name, bytes } of files) entries[name] = bytes;
  // The first date that a zip can hold.
  return zipSync(entries, { level: 6, mtime: new Date(1980, 0, 1) });
}

/** A name as C, C++ and Arduino take it: letters, digits and `_`, beginning with a letter. */
export function identifier(name: string, otherwise: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{Diacritic}/gu, "")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  if (plain === "") return otherwise;
  return /^[0-9]/.test(plain) ? `${otherwise}_${plain}` : plain;
}
