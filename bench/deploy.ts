/**
 * `npm run bench:deploy`: how long `limpet deploy` of each preset's model to the virtual board takes over a line of 115,200 baud (10 s at
 * most) and over one as fast as USB (3 s at most): the whole command, and the deployment in it. Exit code 1 where one takes longer.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LineLimiter, type LineLimits, SERIAL_115200, USB_FULL_SPEED } from "./line-limiter.ts";

const LIMPET = join(import.meta.dirname, "../bin/limpet.mjs");

const PRESETS = [
  { preset: "sine", example: "sine" },
  { preset: "vibration", example: "motor" },
  { preset: "gesture", example: "gestures" },
  { preset: "keyword", example: "wake-word" },
] as const;

const LINES: readonly { readonly name: string; readonly limits: LineLimits; readonly most: number }[] = [
  { name: "115,200 baud", limits: SERIAL_115200, most: 10 },
  { name: "USB, 1 MB/s", limits: USB_FULL_SPEED, most: 3 },
];

type Report = {
  readonly seconds: number;
  readonly modelBytes: number;
  readonly goldenVectors: { readonly run: number };
};

function limpet(parameters: readonly string[]): unknown {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LIMPET, ...parameters, "--json"], {
    encoding: "utf8",
    env: { ...process.env, XDG_STATE_HOME: folder },
  });
  if (status !== 0) throw new Error(`limpet ${parameters.join(" ")}: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout);
}

/** A virtual board with an empty flash; resolves with its TCP port and what ends it. */
async function virtualBoard(flash: string): Promise<{ port: number; end: () => Promise<void> }> {
  const child = spawn(process.execPath, [LIMPET, "virtual", "--flash", flash, "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, XDG_STATE_HOME: folder },
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("exit", () => reject(new Error("The virtual board ended.")));
  });
  const { port } = JSON.parse(line) as { port: string };
  return {
    port: Number(port.split(":").at(-1)),
    end: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function measure(project: string, experiment: number, limits: LineLimits, flash: string) {
  const board = await virtualBoard(flash);
  const limiter = await LineLimiter.start(board.port, limits);
  try {
    const began = performance.now();
    const report = await new Promise<Report>((resolve, reject) => {
      // Not synchronous: the limiter runs in this process.
      const child = spawn(
        process.execPath,
        [LIMPET, "deploy", project, "--experiment", String(experiment), "--board", limiter.port, "--json"],
        { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, XDG_STATE_HOME: folder } },
      );
      let out = "";
      let error = "";
      child.stdout.on("data", (bytes) => {
        out += bytes;
      });
      child.stderr.on("data", (bytes) => {
        error += bytes;
      });
      child.once("close", (code) =>
        code === 0 ? resolve(JSON.parse(out) as Report) : reject(new Error(error)),
      );
    });
    const command = (performance.now() - began) / 1000;
    return { report, command, toBoard: limiter.toBoard, toApp: limiter.toApp };
  } finally {
    await limiter.close();
    await board.end();
  }
}

const folder = mkdtempSync(join(tmpdir(), "limpet-bench-deploy-"));
let tooLong = 0;
try {
  for (const { preset, example } of PRESETS) {
    const project = join(folder, `${example}.limpet`);
    let experiment: number;
    try {
      limpet(["new", project, "--example", example]);
      const epochs = preset === "keyword" ? ["--epochs", "5"] : [];
      ({ experiment } = limpet(["train", project, "--preset", preset, ...epochs]) as { experiment: number });
    } catch (error) {
      process.stdout.write(`${preset}: skipped, ${(error as Error).message}\n`);
      continue;
    }
    // Converted before, as in the app; what remains is the board's part.
    for (const { name, limits, most } of LINES) {
      const flash = join(folder, `${example}-${limits.bytesPerSecond}.flash`);
      const { report, command, toBoard, toApp } = await measure(project, experiment, limits, flash);
      if (command > most) tooLong++;
      process.stdout.write(
        `${preset} over ${name}: the command ${command.toFixed(1)} s (at most ${most}), the deployment ${report.seconds.toFixed(1)} s; ` +
          `package ${report.modelBytes} bytes, ${toBoard} bytes to the board, ${toApp} back; ${report.goldenVectors.run} golden vectors\n`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = tooLong === 0 ? 0 : 1;
