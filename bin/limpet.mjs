#!/usr/bin/env node
/**
 * Starts Limpet's command line from any Node from 20 on: sets up what the command needs, then runs main.ts with the Node 24
 * that npm installed. Plain JavaScript without dependencies, because it runs before anything is installed.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const entry = join(root, "src-main", "hosts", "cli", "main.ts");
const line = process.argv.slice(2);

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const INTERRUPTED_EXIT = 130;

/** Whether somebody else listens to signals by now. A listener that went would take a signal along that is on its way. */
let heard = false;

// Until the command itself listens there is nothing to be kept, but the end is to have the exit code that it always has.
for (const signal of SIGNALS) {
  process.on(signal, () => {
    if (!heard) process.exit(INTERRUPTED_EXIT);
  });
}

/** The database add-on needs Node-API 10; type stripping without a warning came with Node 24. */
function isModern() {
  return Number(process.versions.node.split(".")[0]) >= 24 && Number(process.versions.napi) >= 10;
}

function nodeExecutable() {
  const name = process.platform === "win32" ? "node.exe" : "node";
  return join(root, "node_modules", "node", "bin", name);
}

/** Runs the command line with another Node, and ends as it ends. */
function runWith(node) {
  const child = spawn(node, [entry, ...line], { stdio: ["inherit", "inherit", "inherit", "ipc"] });
  heard = true;
  for (const signal of SIGNALS) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("error", (error) => {
    process.stderr.write(`Node 24 could not be started (${error.message}). Run \`npm ci\` and try again.\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    // Nothing keeps this process any more: it ends by itself (src-main/engine/end-process.ts says why).
    process.exitCode = signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
  });
}

const { ensureFor } = await import(pathToFileURL(join(root, "scripts", "setup.mjs")).href);
await ensureFor(line);

const node = nodeExecutable();
if (isModern()) {
  const { main } = await import(pathToFileURL(entry).href);
  heard = true;
  await main();
} else if (existsSync(node)) {
  runWith(node);
} else {
  process.stderr.write(
    `Limpet needs Node 24, which \`npm ci\` installs into the project; this is Node ${process.versions.node}. Run \`npm ci\` and try again.\n`,
  );
  process.exit(1);
}
