/** The interface (vite) and what runs in Electron (esbuild), into dist. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { problem, root, run, say } from "./report.mjs";
import { hashOf, isDone, markDone } from "./stamps.mjs";

const NODE = join(
  root,
  process.platform === "win32" ? "node_modules/node/bin/node.exe" : "node_modules/node/bin/node",
);
const MADE = ["dist/renderer/index.html", "dist/electron/main.cjs"];

export async function setUpApp() {
  const renderer = existsSync(join(root, "src-renderer/index.html"));
  const hash = hashOf([
    "src-renderer",
    "src-shared",
    "src-main/hosts/electron",
    "vite.config.ts",
    "scripts/build-app.mjs",
    "package-lock.json",
  ]);
  if (isDone("app", hash, renderer ? MADE : MADE.slice(1))) return;
  say("Building the app into dist.");
  try {
    await run("app", NODE, [join(root, "scripts/build-app.mjs"), ...(renderer ? ["--renderer"] : [])]);
    markDone("app", hash);
  } catch (error) {
    problem(error.message);
  }
}

/**
 * Electron's own binary, which its npm package downloads from outside the registry. Tried once for each version: where that
 * place cannot be reached the app runs in the browser.
 */
export async function setUpElectron() {
  const folder = join(root, "node_modules/electron");
  const hash = hashOf(["node_modules/electron/package.json"]);
  if (!existsSync(folder) || existsSync(join(folder, "path.txt")) || isDone("electron-tried", hash)) return;
  say("Fetching Electron's binary (about 120 MB).");
  try {
    await run("Electron", NODE, [join(folder, "install.js")], { timeout: 180_000, killSignal: "SIGKILL" });
  } catch {
    say(
      "Electron's binary cannot be had here: the app runs in the browser. `npm run setup -- --electron` tries again.",
    );
  }
  markDone("electron-tried", hash);
}
