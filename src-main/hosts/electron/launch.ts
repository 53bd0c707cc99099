/** Finds an Electron and starts the app in it. Knows nothing of what runs inside. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LimpetError } from "../../../src-shared/errors.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** The executable that `LIMPET_ELECTRON` names, else the one of the npm package, where its download succeeded; else null. */
export function findElectron(environment: NodeJS.ProcessEnv = process.env): string | null {
  const named = environment.LIMPET_ELECTRON;
  if (named !== undefined && named !== "") return existsSync(named) ? named : null;
  const folder = join(ROOT, "node_modules/electron");
  const pathFile = join(folder, "path.txt");
  if (!existsSync(pathFile)) return null;
  const executable = join(folder, "dist", readFileSync(pathFile, "utf8").trim());
  return existsSync(executable) ? executable : null;
}

/** Whether there is a screen to open a window on. */
export function hasDisplay(environment: NodeJS.ProcessEnv = process.env): boolean {
  return process.platform !== "linux" || Boolean(environment.DISPLAY) || Boolean(environment.WAYLAND_DISPLAY);
}

/** Runs the app until its window is closed or `signal` is aborted. Throws `internal` where Electron itself failed. */
export function runElectron(
  executable: string,
  projectPath: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  // Chromium's sandbox refuses to run as root, which only happens in containers and on test machines.
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const child = spawn(executable, [...asRoot, ROOT, ...(projectPath === undefined ? [] : [projectPath])], {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, LIMPET_NODE: process.execPath },
  });
  signal.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(
        new LimpetError("internal", "Electron could not be started.", {
          hint: "Use --host web: the same app in the browser.",
          cause,
        }),
      ),
    );
    child.once("exit", (code) => {
      if (code === 0 || signal.aborted) resolve();
      else
        reject(
          new LimpetError("internal", `Electron ended with code ${code}.`, {
            hint: "Use --host web: the same app in the browser.",
          }),
        );
    });
  });
}
