/** Photos and other projects through the engine, as a window asks for them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { finished, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { exif, jpeg, png } from "../dataset/photos.ts";
import { EngineChild } from "../faults/engine-child.ts";

const engines: EngineChild[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.kill();
});

function start(folder: string): EngineChild {
  const engine = new EngineChild(join(folder, "home"));
  engines.push(engine);
  return engine;
}

function projectWith(path: string, seeds: readonly number[], samples = 3000): string {
  const project = ProjectFile.create(path);
  for (const seed of seeds) project.addRecording(finished(`r.${seed}`, "idle", samples, seed));
  project.close();
  return path;
}

describe("the engine", () => {
  it("keeps photos from files and from bytes, shows them, and says what it does not take", async () => {
    const folder = temporaryFolder();
    const engine = start(folder);
    await engine.ask("project:open", { path: projectWith(join(folder, "p.limpet"), [1, 2]) });
    writeFileSync(join(folder, "p.png"), png(20, 10));
    const first = await engine.ask("photos:add", { path: join(folder, "p.png") });
    expect(first).toMatchObject({ id: 1, type: "image/png", width: 20, height: 10 });
    const second = await engine.ask("photos:add", { base64: jpeg([exif(6)]).toString("base64") });
    await engine.ask("recordings:update", { ids: [1, 2], photo: second.id, machine: "pump", mount: "cap" });
    expect(await engine.ask("recordings:list", {})).toMatchObject([
      { photo: 2, machine: "pump", mount: "cap" },
      { photo: 2, machine: "pump", mount: "cap" },
    ]);
    const shown = await engine.ask("photos:get", { id: second.id });
    expect(shown).toMatchObject(second);
    expect(Buffer.from(shown.base64, "base64").toString("latin1")).not.toContain("48.1374");
    await rejectionOf("not-found", engine.ask("photos:get", { id: 7 }));
    await rejectionOf("usage", engine.ask("photos:add", {}));
    await rejectionOf("usage", engine.ask("photos:add", { path: "a", base64: "b" }));
    await rejectionOf("invalid-file", engine.ask("photos:add", { base64: "PHN2Zy8+" }));
    await rejectionOf("invalid-file", engine.ask("photos:add", { path: "/dev/zero" }));
    await rejectionOf("not-found", engine.ask("recordings:update", { ids: [1], photo: 7 }));
  });

  it("takes another project in, one at a time, and gives it up when it is told to or closes the project", async () => {
    const folder = temporaryFolder();
    const many = Array.from({ length: 150 }, (_, i) => 100 + i);
    const other = projectWith(join(folder, "other.limpet"), [2, ...many], 6000);
    const path = projectWith(join(folder, "p.limpet"), [1, 2], 6000);
    const engine = start(folder);
    await engine.ask("project:open", { path });
    // Said in one breath, so that the merge is still under way when the engine hears the rest.
    engine.pause();
    const cancelled = rejectionOf("cancelled", engine.ask("project:merge", { path: other }));
    engine.cancelAll();
    engine.goOn();
    await cancelled;
    expect(await engine.ask("recordings:list", {})).toHaveLength(2);
    // A window that closes the project does not wait for the merge's end.
    engine.pause();
    const closed = rejectionOf("cancelled", engine.ask("project:merge", { path: other }));
    const second = rejectionOf("usage", engine.ask("project:merge", { path: other }));
    const close = engine.ask("project:close", {});
    engine.goOn();
    await Promise.all([close, closed, second]);
    await engine.ask("project:open", { path });
    expect(await engine.ask("recordings:list", {})).toHaveLength(2);
    expect(await engine.ask("project:merge", { path: other })).toMatchObject({ imported: 150, same: 1 });
    expect(await engine.ask("recordings:list", {})).toHaveLength(152);
    expect(await engine.ask("project:undo", {})).toEqual({ undone: "import other.limpet" });
  });
});
