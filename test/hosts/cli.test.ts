import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { takeFlags } from "../../src-main/hosts/cli/main.ts";
import { openProject } from "../../src-main/services/project-service.ts";
import { finished, temporaryFolder } from "../dataset/helpers.ts";
import { machineProject, quickDesign } from "../services/learning-projects.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src-main/hosts/cli/main.ts");

type Outcome = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function start(line: readonly string[], entry = MAIN): { child: ChildProcess; ended: Promise<Outcome> } {
  const child = spawn(process.execPath, [entry, ...line], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += String(chunk);
  });
  child.stderr?.on("data", (chunk) => {
    stderr += String(chunk);
  });
  return {
    child,
    ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr }))),
  };
}

const limpet = (...line: string[]): Promise<Outcome> => start(line).ended;

describe("the command line", () => {
  it("ends with 2 for a command or a flag that does not exist, and names it", async () => {
    const folder = temporaryFolder();
    const cases: string[][] = [
      ["nonsense"],
      ["info", "--nonsense"],
      ["info"],
      ["info", "a", "b"],
      ["record", "p.limpet"],
      ["record", join(folder, "p.limpet"), "--board", "virtual", "--label", "a", "--seconds", "many"],
      ["split", join(folder, "p.limpet"), "--by", "day"],
    ];
    for (const line of cases) {
      const { code, stdout, stderr } = await limpet(...line);
      expect([line.join(" "), code, stdout]).toEqual([line.join(" "), 2, ""]);
      expect(stderr).not.toBe("");
    }
  });

  it("answers wrong usage with --json by one value that says so", async () => {
    const { code, stdout } = await limpet("info", "--nonsense", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([2, { error: { code: "usage" } }]);
  });

  it("puts exactly one JSON value on standard output with --json, before or after the command", async () => {
    const project = join(temporaryFolder(), "p.limpet");
    for (const line of [
      ["--json", "new", project],
      ["info", project, "--json"],
      ["check", "--json", project],
    ]) {
      const { code, stdout } = await limpet(...line);
      expect(code).toBe(0);
      expect(stdout.trim().split("\n")).toHaveLength(1);
      expect(JSON.parse(stdout)).toBeTypeOf("object");
    }
  });

  it("says what is wrong and what to do, as text and with --json as a value, without a stack", async () => {
    const bad = join(temporaryFolder(), "bad.limpet");
    writeFileSync(bad, "this is no project");
    const { code, stdout, stderr } = await limpet("info", bad, "--json");
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "project-invalid" } });
    expect(stderr.trim().split("\n").length).toBeGreaterThan(1);
    expect(stderr).not.toContain("    at ");
    expect((await limpet("info", bad, "--debug")).stderr).toContain("    at ");
  });

  it("shows its help without an error", async () => {
    for (const line of [["--help"], ["info", "--help"], ["--version"], []]) {
      const { code, stdout } = await limpet(...line);
      expect([line, code]).toEqual([line, 0]);
      expect(stdout).not.toBe("");
    }
  });

  it("names defaults in its help only where they tell something", async () => {
    const { stdout } = await limpet("record", "--help");
    expect(stdout).toContain("(default: all sensors)");
    expect(stdout).not.toContain("[]");
  });

  it("ends with 3 where the board is not there", async () => {
    const { code, stderr } = await limpet("monitor", "--board", "tcp://127.0.0.1:1", "--seconds", "1");
    expect(code).toBe(3);
    expect(stderr).not.toBe("");
  });

  it("ends with 130 when it is interrupted, and leaves a sound project", async () => {
    const folder = temporaryFolder();
    const project = join(folder, "p.limpet");
    openProject(project, { create: true }).close();
    const rows = Array.from({ length: 400_000 }, (_, i) => `${i},${Math.sin(i)},${i % 7}`);
    for (let file = 0; file < 4; file++) {
      writeFileSync(
        join(folder, `l${file}.csv`),
        `timestamp,accX,accY\n${rows.join("\n")}\n${400_000 + file},1,1\n`,
      );
    }
    const files = [0, 1, 2, 3].map((file) => join(folder, `l${file}.csv`));
    const { child, ended } = start(["import", project, ...files]);
    child.stderr?.once("data", () => child.kill("SIGINT"));
    expect((await ended).code).toBe(130);
    expect((await limpet("check", project)).code).toBe(0);
  });

  it("ends with 130 also when it is interrupted while it is being loaded", async () => {
    const hook = join(temporaryFolder(), "hook.mjs");
    writeFileSync(
      hook,
      `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) {
        if (url.endsWith("/cli/main.ts")) process.kill(process.pid, "SIGINT");
        return next(url, context);
      } });`,
    );
    const bin = join(ROOT, "bin/limpet.mjs");
    const child = spawn(process.execPath, ["--import", hook, bin, "boards", "--json"], { stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([130, null]);
  });

  it("is the same through bin/limpet.mjs", async () => {
    const project = join(temporaryFolder(), "p.limpet");
    const bin = join(ROOT, "bin/limpet.mjs");
    const made = await start(["new", project, "--json"], bin).ended;
    expect([made.code, JSON.parse(made.stdout)]).toEqual([0, { project, example: null }]);
    expect((await start(["nonsense"], bin).ended).code).toBe(2);
  });

  it("takes global flags anywhere but after --", () => {
    expect(takeFlags(["info", "--json", "p"])).toEqual({
      flags: { json: true, debug: false },
      rest: ["info", "p"],
    });
    expect(takeFlags(["import", "p", "--", "--json"])).toEqual({
      flags: { json: false, debug: false },
      rest: ["import", "p", "--", "--json"],
    });
  });

  it("serves the app and prints the one line of its address, and ends when told to", async () => {
    const { child, ended } = start(["app", "--host", "web", "--no-open"]);
    const line = await new Promise<string>((resolve) => {
      child.stdout?.once("data", (chunk) => resolve(String(chunk)));
      child.once("close", () => resolve("ended"));
    });
    expect(line).toMatch(/^Limpet is at http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{20,}\n$/);
    child.kill("SIGTERM");
    expect((await ended).stdout).toBe(line);
  });

  it("gives a whole answer to a pipe that takes it slowly, and then ends", async () => {
    const path = join(temporaryFolder(), "p.limpet");
    const project = openProject(path, { create: true });
    project.transaction(() => {
      for (let i = 0; i < 1500; i++)
        project.addRecording(finished(`r.${i}`, `${i} ${"a label that fills pipes ".repeat(20)}`, 2, i));
    });
    project.close();
    const child = spawn(process.execPath, [MAIN, "info", path, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = once(child, "exit");
    let text = "";
    for await (const piece of child.stdout) {
      text += String(piece);
      // Longer than the process would linger, for the first pieces.
      await sleep(text.length < 300_000 ? 60 : 0);
    }
    expect(text.length).toBeGreaterThan(700_000);
    expect(Object.keys((JSON.parse(text) as { labels: object }).labels)).toHaveLength(1500);
    expect(await exit).toEqual([0, null]);
  });

  it("ends quietly where nobody reads on, as with | head", async () => {
    const path = join(temporaryFolder(), "p.limpet");
    const project = openProject(path, { create: true });
    project.transaction(() => {
      for (let i = 0; i < 300; i++)
        project.addRecording(finished(`r.${i}`, `${i} ${"long ".repeat(100)}`, 2, i));
    });
    project.close();
    const child = spawn(process.execPath, [MAIN, "info", path, "--json"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (piece) => {
      stderr += String(piece);
    });
    child.stdout.destroy();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(stderr).toBe("");
  });

  it("ends each time, also with a training thread that it has just used", async () => {
    const folder = temporaryFolder();
    const design = join(folder, "design.json");
    writeFileSync(design, JSON.stringify(quickDesign({ training: { epochs: 3 } })));
    const runs = async (name: string): Promise<void> => {
      const path = join(folder, `${name}.limpet`);
      const project = machineProject(3, 4);
      await project.database.copyTo(path);
      project.close();
      for (let run = 0; run < 3; run++) {
        for (const line of [
          ["train", path, "--design", design, "--json"],
          ["info", path, "--json"],
        ]) {
          const { code, stdout } = await limpet(...line);
          expect([line[0], code]).toEqual([line[0], 0]);
          JSON.parse(stdout);
        }
      }
    };
    await Promise.all([runs("a"), runs("b")]);
  });
});
