/** A colleague's project taken into one's own where the disk is too small or becomes full. */
import { appendFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkProject } from "../../src-main/dataset/check.ts";
import { mergeProject } from "../../src-main/dataset/merge.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { smallDisk } from "../faults/small-disk.ts";
import { finished, rejectionOf, temporaryFolder } from "./helpers.ts";

/** Runs a test with a disk of so many megabytes and another project of so many recordings, or skips it with the reason. */
async function onDisk(
  { megabytes, recordings }: { readonly megabytes: number; readonly recordings: number },
  skip: (why: string) => void,
  run: (folder: string, other: ProjectFile) => Promise<void>,
): Promise<void> {
  const disk = smallDisk(megabytes * 1024 * 1024);
  if (typeof disk === "string") return skip(disk);
  const other = ProjectFile.create(join(temporaryFolder(), "other.limpet"));
  try {
    for (let i = 0; i < recordings; i++) other.addRecording(finished(`b.${i}`, "idle", 15_000, i));
    await run(disk.folder, other);
  } finally {
    other.close();
    disk.remove();
  }
}

/** Makes a disk full to its last page. */
function fill(filler: string): void {
  try {
    for (;;) appendFileSync(filler, new Uint8Array(64 * 1024));
  } catch {
    // Full.
  }
}

describe("a merge", () => {
  it("on a disk without room for it is refused before anything comes in", async ({ skip }) =>
    onDisk({ megabytes: 3, recordings: 40 }, skip, async (folder, other) => {
      const mine = ProjectFile.create(join(folder, "mine.limpet"));
      mine.addRecording(finished("a", "idle", 1000, 99));
      const { message } = await rejectionOf("disk-full", mergeProject(mine, other.path));
      expect(message).toContain("MB");
      expect(mine.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 1 });
    }));

  it("on a disk that becomes full meanwhile leaves the project usable, and works when there is room", async ({
    skip,
  }) =>
    onDisk({ megabytes: 40, recordings: 80 }, skip, async (folder, other) => {
      const mine = ProjectFile.create(join(folder, "mine.limpet"));
      mine.addRecording(finished("a", "idle", 1000, 99));
      const filler = join(folder, "filler");
      await rejectionOf("disk-full", mergeProject(mine, other.path, { onProgress: () => fill(filler) }));
      expect(mine.recordings().map(({ name }) => name)).toEqual(["a"]);
      mine.close();
      // Also while there is no room to tidy up.
      const full = ProjectFile.open(mine.path);
      expect(full.recordings().map(({ name }) => name)).toEqual(["a"]);
      full.close();
      rmSync(filler);
      const again = ProjectFile.open(mine.path);
      expect(again.database.get("SELECT count(*) AS n FROM recordings")).toEqual({ n: 1 });
      expect(await mergeProject(again, other.path)).toMatchObject({ imported: 80 });
      again.close();
      expect(checkProject(mine.path)).toMatchObject({ ok: true, recordings: 81 });
    }));

  it("on a disk that becomes full when all of it has come in is done, and says so", async ({ skip }) =>
    onDisk({ megabytes: 40, recordings: 80 }, skip, async (folder, other) => {
      const mine = ProjectFile.create(join(folder, "mine.limpet"));
      const filler = join(folder, "filler");
      const onProgress = (stage: string): void => {
        if (stage === "imported") fill(filler);
      };
      expect(await mergeProject(mine, other.path, { onProgress })).toMatchObject({ imported: 80 });
      mine.close();
      // Its log had no room to move into the file, and waits beside it.
      expect(existsSync(`${mine.path}-wal`)).toBe(true);
      rmSync(filler);
      const again = ProjectFile.open(mine.path);
      expect(again.recordings()).toHaveLength(80);
      again.close();
      expect(checkProject(mine.path)).toMatchObject({ ok: true, recordings: 80 });
    }));
});
