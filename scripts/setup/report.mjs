/** Running programs and telling people about it. All words go to standard error: standard output belongs to the command. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

export function say(text) {
  process.stderr.write(`[setup] ${text}\n`);
}

/** What could not be done, told together at the end. */
export const problems = [];

export function problem(text) {
  problems.push(text);
  say(text);
}

/** Runs a program; its words are shown only where it fails, else a sign of life now and then. Resolves with its output. */
export function run(title, command, parameters, options = {}) {
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const child = spawn(command, parameters, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && command === "npm",
      ...options,
      env: { ...process.env, ...options.env },
    });
    let output = "";
    let last = "";
    const keep = (chunk) => {
      output = (output + chunk).slice(-200_000);
      last =
        String(chunk)
          .trim()
          .split(/[\r\n]+/)
          .at(-1)
          ?.slice(0, 90) || last;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const tick = setInterval(
      () => say(`${title}: ${Math.round((Date.now() - began) / 1000)} s … ${last}`),
      process.stderr.isTTY ? 5000 : 30_000,
    );
    child.on("error", (error) => {
      clearInterval(tick);
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.on("exit", (code, signal) => {
      clearInterval(tick);
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      if (code === 0) {
        say(`${title}: done in ${seconds} s`);
        resolve(output);
      } else {
        reject(
          new Error(
            `${title} failed (${signal ?? code}).\n${output.trim().split("\n").slice(-25).join("\n")}`,
          ),
        );
      }
    });
  });
}

/** Whether a program is on the path. */
export async function has(command) {
  const { existsSync } = await import("node:fs");
  const { delimiter } = await import("node:path");
  const ends = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
  return (process.env.PATH ?? "")
    .split(delimiter)
    .some((folder) => folder !== "" && ends.some((end) => existsSync(join(folder, command + end))));
}
