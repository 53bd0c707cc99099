/** `limpet tune` and `limpet compare --without`, in this process: fields, words and exit codes of the contract. */
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { ProjectFile } from "../../src-main/dataset/project-file.ts";
import type { CliContext } from "../../src-main/hosts/cli/context.ts";
import { train } from "../../src-main/services/training-service.ts";
import type { TuneResult, WithoutReport } from "../../src-shared/contract/index.ts";
import { LimpetError } from "../../src-shared/errors.ts";
import { machineProject, quickDesign } from "../services/learning-projects.ts";

type Outcome = { json: unknown; text: string; code: number; message: string };

/** Runs one command; `stopAfter` interrupts it when its progress has been shown so many times. */
async function limpet(line: readonly string[], stopAfter = Number.POSITIVE_INFINITY): Promise<Outcome> {
  const outcome: Outcome = { json: undefined, text: "", code: 0, message: "" };
  const abort = new AbortController();
  let shown = 0;
  const context: Pick<CliContext, "out" | "note" | "work" | "run"> = {
    out: (value, human) => {
      outcome.json = JSON.parse(JSON.stringify(value));
      outcome.text = human();
    },
    note: () => {},
    work: () => ({
      signal: abort.signal,
      onProgress: () => {
        if (++shown === stopAfter) abort.abort(new LimpetError("cancelled", "Interrupted."));
      },
    }),
    run:
      (action) =>
      async (...args) => {
        try {
          await action(...args);
        } catch (error) {
          if (!(error instanceof LimpetError)) throw error;
          Object.assign(outcome, { code: error.exitCode, message: error.message });
        }
      },
  };
  const program = new Command().exitOverride();
  for (const name of ["tune", "compare"]) {
    const { register } = (await import(`../../src-main/hosts/cli/commands/${name}.ts`)) as {
      register: (program: Command, cli: CliContext) => void;
    };
    register(program, context as CliContext);
  }
  await program.parseAsync([...line], { from: "user" });
  return outcome;
}

/** Path of a closed project with three classes. */
function projectPath(): string {
  const project = machineProject();
  const { path } = project;
  project.close();
  return path;
}

describe("limpet tune", () => {
  it("lists the best first with what each takes, within the limits, and the project keeps just these", async () => {
    const path = projectPath();
    // A search that lasts no time at all still trains the preset.
    const { json, text, code } = await limpet(["tune", path, "--minutes", "0.001", "--board", "nano-33-ble"]);
    expect(code).toBe(0);
    const results = json as TuneResult[];
    expect(results.length).toBeGreaterThan(0);
    for (const result of results) {
      expect(result.accuracy).toBeGreaterThan(0.5);
      expect(result.ram).toBeLessThan(185_088);
      expect(result.flash).toBeLessThan(258_048);
      expect(result.latencyMs).toBeGreaterThan(0);
    }
    expect(text).toContain("(recommended)");
    const project = ProjectFile.open(path);
    expect(project.experiments().map(({ id }) => id)).toEqual(
      results.map(({ experiment }) => experiment).sort((a, b) => a - b),
    );
    project.close();
  });

  it("that is interrupted answers with what it has, keeps it, and ends with 130", async () => {
    const path = projectPath();
    const { json, code, message } = await limpet(["tune", path, "--minutes", "60"], 12);
    expect(code).toBe(130);
    expect(json).toMatchObject([{ start: "preset" }]);
    expect(message).toContain("1 experiment kept");
  });

  it("refuses limits and boards that make no sense", async () => {
    const path = projectPath();
    for (const line of [
      ["--minutes", "0"],
      ["--max-ram", "x"],
      ["--max-latency", "-1"],
      ["--board", "toaster"],
      ["--max-flash", "0.1", "--minutes", "0.01"],
    ]) {
      const { code, message } = await limpet(["tune", path, ...line]);
      expect([code, message]).toEqual([2, expect.stringMatching(/./)]);
    }
  });
});

describe("limpet compare --without", () => {
  it("compares an experiment with itself without some channels", async () => {
    const project = machineProject();
    const { path } = project;
    const { experiment } = await train(project, { design: quickDesign(), backend: "auto" });
    project.close();
    const { json, text, code } = await limpet(["compare", path, String(experiment), "--without", "accX"]);
    expect(code).toBe(0);
    const report = json as WithoutReport;
    expect(report).toMatchObject({ a: experiment, without: "accX", trained: true });
    expect(report.bothRight + report.onlyA + report.onlyB + report.bothWrong).toBe(report.windows);
    expect(text).toContain(`Experiment ${report.b} is ${experiment} without accX`);
    for (const line of [
      ["compare", path, "1"],
      ["compare", path, "1", "2", "--without", "accX"],
      ["compare", path, "1", "--without", "gyroscope"],
    ]) {
      expect((await limpet(line)).code).toBe(2);
    }
  });
});
