/** The projects opened lately, kept as a small JSON file of the user's own. A file that cannot be read counts as empty. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { z } from "zod";

const storedSchema = z.array(z.object({ path: z.string(), openedAt: z.string() }));

export type RecentProject = {
  readonly path: string;
  readonly name: string;
  readonly openedAt: string;
  readonly exists: boolean;
};

const KEPT = 12;

export class RecentProjects {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, "recent-projects.json");
  }

  /** Newest first. */
  list(): RecentProject[] {
    return this.#read().map(({ path, openedAt }) => ({
      path,
      name: basename(path, ".limpet"),
      openedAt,
      exists: existsSync(path),
    }));
  }

  add(path: string): void {
    const others = this.#read().filter((entry) => entry.path !== path);
    const entries = [{ path, openedAt: new Date().toISOString() }, ...others].slice(0, KEPT);
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      // Written beside and moved into place, so that a crash leaves the old list.
      writeFileSync(`${this.#file}.new`, JSON.stringify(entries));
      renameSync(`${this.#file}.new`, this.#file);
    } catch {
      // A list of recent projects is a convenience: no project fails to open because it cannot be kept.
    }
  }

  #read(): z.infer<typeof storedSchema> {
    try {
      return storedSchema.parse(JSON.parse(readFileSync(this.#file, "utf8")));
    } catch {
      return [];
    }
  }
}
