/** The layers of docs/architecture.md, held against the imports of the code. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** From the lowest up; those of one row know nothing of each other. */
const LAYERS: readonly (readonly string[])[] = [
  ["src-shared"],
  ["src-main/threads"],
  ["src-main/boards", "src-main/dataset", "src-main/training"],
  ["src-main/features"],
  ["src-main/conversion"],
  ["src-main/deployment"],
  ["src-main/services"],
  ["src-main/engine"],
  ["src-main/hosts"],
];

/** The table of jobs of work threads, and the entry of such a thread: they name functions of every layer, and load them there. */
const THREAD_TABLES = ["src-main/threads/thread-jobs.ts", "src-main/threads/work-thread.ts"];

function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name).replaceAll("\\", "/"));
}

const FILES = ["src-shared", "src-main", "src-renderer"].flatMap(sourcesOf);

/** What a file imports, types and late imports too: files of this tree by their path, packages by their name. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:^import|^\} from|\bfrom|\bimport\()\s*"([^"]+)"/gm)].map(([, name = ""]) =>
    name.startsWith(".") ? relative(ROOT, join(ROOT, dirname(file), name)).replaceAll("\\", "/") : name,
  );
}

const IMPORTS = new Map(FILES.map((file) => [file, importsOf(file)]));

const layerOf = (path: string): number =>
  LAYERS.findIndex((row) => row.some((folder) => path.startsWith(`${folder}/`)));
const folderOf = (path: string): string =>
  LAYERS.flat().find((folder) => path.startsWith(`${folder}/`)) ?? "";

/** Imports that `wrong` says are wrong, as "file -> what". */
function found(wrong: (file: string, imported: string) => boolean): string[] {
  return [...IMPORTS].flatMap(([file, imported]) =>
    imported.filter((one) => wrong(file, one)).map((one) => `${file} -> ${one}`),
  );
}

/** A way round through imports, file by file; null where there is none. */
function circle(skip: readonly string[]): string[] | null {
  const done = new Set(skip);
  const way: string[] = [];
  const visit = (file: string): string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    way.push(file);
    for (const next of IMPORTS.get(file) ?? []) {
      const round = IMPORTS.has(next) ? visit(next) : null;
      if (round !== null) return round;
    }
    way.pop();
    done.add(file);
    return null;
  };
  for (const file of FILES) {
    const round = visit(file);
    if (round !== null) return round;
  }
  return null;
}

describe("the layers", () => {
  it("are all there, and every file of the engine is in one", () => {
    expect(FILES.length).toBeGreaterThan(300);
    for (const folder of LAYERS.flat()) expect(sourcesOf(folder).length, folder).toBeGreaterThan(0);
    expect(FILES.filter((file) => file.startsWith("src-main/") && layerOf(file) < 0)).toEqual([]);
    expect([...IMPORTS.values()].flat().filter((one) => one.startsWith("src-")).length).toBeGreaterThan(1000);
  });

  it("import downwards only", () => {
    const upwards = found((file, imported) => {
      if (layerOf(file) < 0 || layerOf(imported) < 0 || THREAD_TABLES.includes(file)) return false;
      return folderOf(imported) !== folderOf(file) && layerOf(imported) >= layerOf(file);
    });
    expect(upwards).toEqual([]);
  });

  it("have an interface and an engine that know each other by the contract alone", () => {
    const across = found(
      (file, imported) =>
        (file.startsWith("src-renderer/") && imported.startsWith("src-main/")) ||
        (!file.startsWith("src-renderer/") && imported.startsWith("src-renderer/")),
    );
    expect(across).toEqual([]);
  });

  it("know Electron in its host alone", () => {
    const electron = found((_file, imported) => imported === "electron");
    expect(electron.length).toBeGreaterThan(0);
    expect(electron.filter((one) => !one.startsWith("src-main/hosts/electron/"))).toEqual([]);
  });

  it("have no files that import each other in a circle", () => {
    expect(circle(THREAD_TABLES)).toBeNull();
  });
});
