/** `limpet report`: the job report from the command line, its answer and its exit codes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { expect, it } from "vitest";
import { register } from "../../src-main/hosts/cli/commands/report.ts";
import { Cli } from "../../src-main/hosts/cli/context.ts";
import { train } from "../../src-main/services/training-service.ts";
import { temporaryFolder } from "../dataset/helpers.ts";
import { machineProject, quickDesign } from "../services/learning-projects.ts";

/** Runs the command with `--json`; what it wrote to standard output, and its exit code. */
async function report(...line: string[]): Promise<{ readonly value: unknown; readonly code: number }> {
  let text = "";
  const cli = new Cli(
    { json: true, debug: false },
    { stdout: { write: (part: string) => (text += part) }, stderr: { write: () => {} } },
  );
  const program = new Command().exitOverride();
  register(program, cli);
  await program.parseAsync(["report", ...line], { from: "user" });
  return { value: JSON.parse(text), code: cli.exitCode };
}

it("writes the page where it is told to, says so, and names what is wrong", async () => {
  const project = machineProject(3, 4);
  await train(project, { design: quickDesign(), backend: "wasm", name: "first" });
  const { path } = project;
  project.close();
  const out = join(temporaryFolder(), "report.html");
  const done = await report(
    path,
    "--experiment",
    "1",
    "--out",
    out,
    "--by",
    "Ana & Co",
    "--machine",
    "Pump 3",
    "--locale",
    "de-DE",
  );
  const page = readFileSync(out, "utf8");
  expect(done).toEqual({ value: { path: out, bytes: Buffer.byteLength(page) }, code: 0 });
  expect(page).toContain("by Ana &amp; Co");
  expect(page).toContain("Pump 3");
  expect(page).toContain('<html lang="de-DE">');

  expect(await report(path, "--experiment", "7", "--out", out)).toMatchObject({
    value: { error: { code: "not-found", field: "experiment" } },
    code: 2,
  });
  expect(await report(path, "--experiment", "one", "--out", out)).toMatchObject({
    value: { error: { code: "usage" } },
    code: 2,
  });
  expect(await report(path, "--experiment", "1", "--out", temporaryFolder())).toMatchObject({
    value: { error: { code: "usage", field: "path" } },
    code: 2,
  });
});
