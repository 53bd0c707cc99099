/** Several programs and windows on one project, a disk that is full or cannot be written to, and another program that holds it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { toWav } from "../../src-main/dataset/export/formats.ts";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { Engine } from "../../src-main/engine/engine.ts";
import type { EngineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { finished, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";
import { EngineChild } from "../faults/engine-child.ts";
import { smallDisk } from "../faults/small-disk.ts";
import { writeExamples } from "../faults/training-kills.ts";
import { requireSound } from "../faults/verify.ts";
import { longDesign } from "../services/learning-projects.ts";

const engines: EngineChild[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.kill();
});

function start(): EngineChild {
  const engine = new EngineChild(join(temporaryFolder(), "home"));
  engines.push(engine);
  return engine;
}

function newProject(folder = temporaryFolder()): string {
  const path = join(folder, "p.limpet");
  const project = ProjectFile.create(path);
  for (let i = 0; i < 3; i++) project.addRecording(finished(`a.${i}`, "idle", 3000, i));
  project.close();
  return path;
}

const design = (epochs: number) => ({ training: { epochs, patience: epochs } });

describe("two apps on one project", () => {
  it("see what the other changes without being asked to, and leave one plain file when both are closed", async () => {
    const path = newProject();
    const [one, two] = [start(), start()];
    await one.ask("project:open", { path });
    await two.ask("project:open", { path });
    two.events.length = 0;
    await one.ask("recordings:update", { ids: [2], label: "worn" });
    await expect
      .poll(() => two.events.map(({ name }) => name))
      .toEqual(expect.arrayContaining(["recordings:changed", "project:changed", "experiments:changed"]));
    expect((await two.ask("recordings:list", {})).map(({ label }) => label)).toEqual([
      "idle",
      "worn",
      "idle",
    ]);
    // One's own changes are told once, not a second time as another's.
    one.events.length = 0;
    await one.ask("recordings:update", { ids: [3], label: "worn" });
    await two.ask("project:close", {});
    await one.ask("project:close", {});
    expect(one.events.filter(({ name }) => name === "recordings:changed")).toHaveLength(1);
    expect(readdirSync(join(path, ".."))).toEqual(["p.limpet"]);
    requireSound(path);
  });

  it("train in one while the other imports, and both have it all", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "p.limpet");
    const [one, two] = [start(), start()];
    await one.ask("project:create", { path });
    const examples = writeExamples(join(folder, "examples"));
    await one.ask("recordings:import", { paths: examples.filter((_, i) => i % 6 < 4) });
    await two.ask("project:open", { path });
    const training = one.ask("training:start", { design: design(200) });
    const { imported } = await two.ask("recordings:import", { paths: examples });
    expect(imported).toBe(4);
    await training;
    expect(await two.ask("experiments:list", {})).toHaveLength(1);
    expect(await one.ask("recordings:list", {})).toHaveLength(12);
    await one.end();
    await two.end();
    requireSound(path);
  });
});

describe("another program that holds the project", () => {
  it("for a moment is waited for, also by the first change of all", async () => {
    const path = newProject();
    const project = ProjectFile.open(path);
    const holder = spawn(
      process.execPath,
      [join(import.meta.dirname, "../faults/hold-lock.ts"), path, "500"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(holder.stdout, "data");
    project.updateRecordings([1], { label: "worn" });
    expect(project.recording(1).label).toBe("worn");
    project.close();
  });

  it("for longer than is waited makes a change fail with a clear word; it can be made again", async () => {
    const path = newProject();
    const engine = start();
    await engine.ask("project:open", { path });
    const holder = spawn(
      process.execPath,
      [join(import.meta.dirname, "../faults/hold-lock.ts"), path, "60000"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(holder.stdout, "data");
    const change = { ids: [1], label: "worn" };
    const error = await rejectionOf("project-locked", engine.ask("recordings:update", change));
    expect(error.hint).toContain("Nothing was changed");
    // Reading goes on.
    expect(await engine.ask("recordings:list", {})).toMatchObject([{ label: "idle" }, {}, {}]);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await engine.ask("recordings:update", change);
    expect(await engine.ask("recordings:list", {})).toMatchObject([{ label: "worn" }, {}, {}]);
  });
});

describe("a window", () => {
  it("that is closed while it trains loses nothing: the next one sees the training go on, and its end", async () => {
    const folder = temporaryFolder();
    const engine = new Engine({ host: "web", log: pino({ level: "silent" }), folder });
    const open = () => {
      const seen: EngineMessage[] = [];
      const own = { receive: (_text: string) => {}, close: () => {} };
      engine.connect({
        send: (text) => void seen.push(JSON.parse(text) as EngineMessage),
        onMessage: (listener) => {
          own.receive = listener;
        },
        onClose: (listener) => {
          own.close = listener;
        },
      });
      let id = 0;
      const ask = async (method: string, params: unknown): Promise<EngineMessage> => {
        const mine = ++id;
        own.receive(JSON.stringify({ kind: "request", id: mine, method, params }));
        const isAnswer = (message: EngineMessage): boolean =>
          (message.kind === "result" || message.kind === "error") && message.id === mine;
        await expect.poll(() => seen.some(isAnswer)).toBe(true);
        return seen.find(isAnswer) as EngineMessage;
      };
      const has = (name: string): boolean =>
        seen.some((message) => message.kind === "event" && message.name === name);
      return { ask, has, close: () => own.close() };
    };
    const first = open();
    await first.ask("project:create", { path: join(folder, "p.limpet") });
    await first.ask("recordings:import", { paths: writeExamples(join(folder, "examples")) });
    void first.ask("training:start", { design: longDesign() }).catch(() => {});
    await expect.poll(() => first.has("training:epoch")).toBe(true);
    first.close();
    const second = open();
    await expect.poll(() => second.has("training:epoch")).toBe(true);
    expect(await second.ask("training:start", {})).toMatchObject({ error: { code: "usage" } });
    await second.ask("training:stop", {});
    await expect.poll(() => second.has("experiments:changed")).toBe(true);
    expect(await second.ask("experiments:list", {})).toMatchObject({
      result: [{ labels: ["fast", "slow"] }],
    });
    await engine.close();
    requireSound(join(folder, "p.limpet"));
  });
});

describe("a disk", () => {
  it("that becomes full fails what is to be kept with a clear word, and loses nothing that was", async ({
    skip,
  }) => {
    const disk = smallDisk(8 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    const folder = temporaryFolder();
    try {
      const path = join(disk.folder, "p.limpet");
      const engine = start();
      await engine.ask("project:create", { path });
      const examples = writeExamples(join(folder, "examples"));
      await engine.ask("recordings:import", { paths: examples.slice(0, 11) });
      const filler = join(disk.folder, "filler");
      const fill = (): void => {
        try {
          for (;;) appendFileSync(filler, new Uint8Array(4096));
        } catch {
          // Full to the last page.
        }
      };
      fill();
      const outcomeOf = async (attempt: Promise<unknown>): Promise<string> => {
        fill();
        return attempt.then(
          () => "done",
          (error: unknown) => (error instanceof LimpetError ? error.code : String(error)),
        );
      };
      // What is small may still find room in the log that the import left; it is done then, or refused.
      for (let attempt = 0; attempt < 3; attempt++) {
        const outcome = await outcomeOf(engine.ask("training:start", { design: design(3) }));
        expect(outcome).toMatch(/^(done|disk-full)$/);
      }
      const trained = (await engine.ask("experiments:list", {})).length;
      const large = join(folder, "large.wav");
      const samples = Int16Array.from({ length: 3_000_000 }, (_, i) => i * 977);
      const about = {
        id: 0,
        recordingId: 0,
        samples: 0,
        lostSamples: 0,
        gaps: 0,
        sampleType: "int16",
        scale: 1,
      } as const;
      const stream = {
        ...about,
        sensor: "microphone",
        channels: [{ name: "audio", unit: "" }],
        rateHz: 16_000,
      };
      writeFileSync(large, toWav({ stream, samples, gaps: [] }));
      expect(await outcomeOf(engine.ask("recordings:import", { paths: [large] }))).toBe("disk-full");
      const out = join(disk.folder, "out");
      expect(await outcomeOf(engine.ask("recordings:export", { format: "wav", folder: out }))).toBe(
        "disk-full",
      );
      expect(await outcomeOf(engine.ask("app:save-report", { path: join(disk.folder, "report.zip") }))).toBe(
        "disk-full",
      );
      expect(existsSync(join(disk.folder, "report.zip"))).toBe(false);
      expect(await engine.ask("recordings:list", {})).toHaveLength(11);
      rmSync(filler);
      rmSync(out, { recursive: true, force: true });
      await engine.ask("training:start", { design: design(3) });
      expect(await engine.ask("experiments:list", {})).toHaveLength(trained + 1);
      await engine.end();
      requireSound(path);
    } finally {
      for (const engine of engines.splice(0)) await engine.kill();
      disk.remove();
    }
  });

  it("that cannot be written to lets a project be looked at, says so, and refuses every change", async ({
    skip,
  }) => {
    const disk = smallDisk(4 * 1024 * 1024);
    if (typeof disk === "string") return skip(disk);
    const folder = temporaryFolder();
    try {
      mkdirSync(join(folder, "other"));
      const other = newProject(join(folder, "other"));
      copyFileSync(other, join(disk.folder, "p.limpet"));
      disk.makeReadOnly();
      const engine = start();
      const summary = await engine.ask("project:open", { path: join(disk.folder, "p.limpet") });
      expect(summary).toMatchObject({ readonly: true, recordings: 3 });
      const [first] = await engine.ask("recordings:list", {});
      const streamId = first?.streams[0]?.id ?? 0;
      expect(
        await engine.ask("recordings:get-waveform", {
          streamId,
          startSample: 0,
          endSample: null,
          buckets: 10,
        }),
      ).toMatchObject({ endSample: 3000 });
      expect(await engine.ask("project:check", {})).toMatchObject({ ok: true });
      for (const attempt of [
        () => engine.ask("recordings:update", { ids: [1], label: "worn" }),
        () => engine.ask("recordings:delete", { ids: [1] }),
        () => engine.ask("project:merge", { path: other }),
        () => engine.ask("recordings:import", { paths: writeExamples(join(folder, "examples")) }),
        () => engine.ask("split:apply", { by: "recording" }),
        () => engine.ask("training:start", { design: design(3) }),
      ])
        await rejectionOf("read-only", attempt());
      expect(await engine.ask("recordings:export", { format: "wav", folder: join(folder, "out") })).toEqual({
        files: 3,
      });
      expect(await engine.ask("project:open", { path: other })).not.toHaveProperty("readonly");
    } finally {
      for (const engine of engines.splice(0)) await engine.kill();
      disk.remove();
    }
  });
});
