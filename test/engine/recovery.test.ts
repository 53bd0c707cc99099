import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import { Snapshots } from "../../src-main/dataset/snapshots.ts";
import { Engine } from "../../src-main/engine/engine.ts";
import { createLog } from "../../src-main/engine/log.ts";
import { RotatingLog, readLogs } from "../../src-main/engine/log-file.ts";
import type { RequestName, RequestParams, RequestResult } from "../../src-shared/contract/index.ts";
import type { EngineMessage } from "../../src-shared/contract/messages.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { finished, rejectionOf, temporaryFolder } from "../dataset/helpers.ts";

function start(folder: string) {
  const engine = new Engine({ host: "web", log: pino({ level: "silent" }), folder });
  const answers = new Map<number, (message: EngineMessage) => void>();
  let receive: (text: string) => void = () => {};
  engine.connect({
    send: (text) => {
      const message = JSON.parse(text) as EngineMessage;
      if (message.kind === "result" || message.kind === "error") answers.get(message.id)?.(message);
    },
    onMessage: (listener) => {
      receive = listener;
    },
    onClose: () => {},
  });
  let next = 1;
  const ask = <N extends RequestName>(method: N, params: RequestParams<N>): Promise<RequestResult<N>> =>
    new Promise((resolve, reject) => {
      const id = next++;
      answers.set(id, (message) => {
        if (message.kind === "error") reject(LimpetError.fromData(message.error));
        else if (message.kind === "result") resolve(message.result as RequestResult<N>);
      });
      receive(JSON.stringify({ kind: "request", id, method, params }));
    });
  return { engine, ask };
}

function newProject(folder: string): string {
  const path = join(folder, "p.limpet");
  const project = ProjectFile.create(path);
  project.addRecording(finished("secret name", "secret label", 3000, 1));
  project.close();
  return path;
}

describe("the engine", () => {
  it("lists a project's snapshots and goes back to one, also where the project can no longer be opened", async () => {
    const folder = temporaryFolder();
    const path = newProject(folder);
    const project = ProjectFile.open(path);
    await new Snapshots(join(folder, "snapshots")).take(project);
    project.close();
    const { engine, ask } = start(folder);
    await ask("project:open", { path });
    const [snapshot] = await ask("snapshots:list", {});
    await ask("recordings:update", { ids: [1], label: "a mistake" });
    const { kept, summary } = await ask("snapshots:restore", { id: snapshot?.id ?? "" });
    expect(kept).toBe(`${path}.before-restore`);
    expect(summary.labels).toMatchObject([{ label: "secret label" }]);

    await ask("project:close", {});
    writeFileSync(path, "nonsense");
    await rejectionOf("project-invalid", ask("project:open", { path }));
    expect(await ask("snapshots:list", { path })).toHaveLength(1);
    expect(await ask("snapshots:restore", { path, id: snapshot?.id ?? "" })).toMatchObject({
      kept: `${path}.before-restore-2`,
      summary: { recordings: 1 },
    });
    await engine.close();
  });

  it("makes a snapshot of a project by itself a while after it was opened", async () => {
    const folder = temporaryFolder();
    const path = newProject(folder);
    const { engine, ask } = start(folder);
    await ask("project:open", { path });
    expect(await ask("snapshots:list", {})).toEqual([]);
    await expect.poll(async () => (await ask("snapshots:list", {})).length, { interval: 500 }).toBe(1);
    await engine.close();
  });

  it("saves a report with log and figures, without names, samples or the user's home", async () => {
    const folder = temporaryFolder();
    const path = newProject(folder);
    mkdirSync(join(folder, "logs"));
    writeFileSync(join(folder, "logs/limpet.log"), `{"path":"${join(homedir(), "fan.limpet")}"}\n`);
    const { engine, ask } = start(folder);
    await ask("project:open", { path });
    const report = join(folder, "report.zip");
    expect(await ask("app:save-report", { path: report })).toMatchObject({ path: report });
    const files = unzipSync(new Uint8Array(readFileSync(report)));
    expect(Object.keys(files).sort()).toEqual(["about.json", "logs/limpet.log", "project.json"]);
    const texts = Object.values(files).map((bytes) => Buffer.from(bytes).toString());
    expect(texts.join()).not.toContain("secret");
    expect(texts.join()).not.toContain(`"${homedir()}/`);
    expect(JSON.parse(Buffer.from(files["project.json"] ?? []).toString())).toMatchObject({
      recordings: 1,
      check: { ok: true },
    });
    // Nothing is overwritten.
    await rejectionOf("usage", ask("app:save-report", { path: report }));
    const whole = join(folder, "whole.zip");
    await ask("app:save-report", { path: whole, withProject: true });
    const copy = join(folder, "copy.limpet");
    writeFileSync(copy, unzipSync(new Uint8Array(readFileSync(whole)))["project.limpet"] ?? "");
    const opened = ProjectFile.open(copy);
    expect(opened.recordings()).toMatchObject([{ label: "secret label" }]);
    opened.close();
    await engine.close();
  });
});

describe("the log", () => {
  it("stays within its size, the newest lines in the first file", () => {
    const folder = temporaryFolder();
    const log = new RotatingLog(folder, { bytes: 1000, files: 3 });
    for (let i = 0; i < 200; i++) log.write(`${String(i).padStart(49, "0")}\n`);
    expect(readdirSync(folder).sort()).toEqual(["limpet.log", "limpet.log.1", "limpet.log.2"]);
    const logs = readLogs(folder);
    for (const { text } of logs) expect(text.length).toBeLessThanOrEqual(1000);
    const lines = logs.reverse().flatMap(({ text }) => text.trim().split("\n").map(Number));
    expect(lines).toEqual(Array.from({ length: lines.length }, (_, i) => 200 - lines.length + i));
    // Another start goes on in the same file.
    new RotatingLog(folder, { bytes: 1000, files: 3 }).write("more\n");
    expect(readLogs(folder)[0]?.text.endsWith("more\n")).toBe(true);
  });

  it("is kept in the user's folder whatever standard error shows, and a place without rights is no failure", () => {
    const folder = temporaryFolder();
    const log = createLog({ LIMPET_LOG: "silent" }, folder);
    log.debug("not kept");
    log.info({ a: 1 }, "kept");
    const [file] = readLogs(join(folder, "logs"));
    expect(file?.text).toContain('"msg":"kept"');
    expect(file?.text).not.toContain("not kept");
    writeFileSync(join(folder, "file"), "");
    createLog({ LIMPET_LOG: "silent" }, join(folder, "file")).error("lost");
    expect(existsSync(join(folder, "file/logs"))).toBe(false);
  });
});
