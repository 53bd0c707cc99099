/**
 * The packaged app's figures: its size beside Electron's own, and how long from its start to a window that can be used. Prints both.
 *
 *   npm run bench:package              builds, packages with the tests' Electron, starts it five times under a screen (xvfb-run)
 *
 * "Usable" is the moment at which the start page's first button can be pressed, which needs page, engine and their first answers.
 * Times are of this computer and include what Playwright adds (it waits for its own door into the process); the first start follows
 * the packaging, so files are in the system's memory: a start after the computer's own start reads them from the disk.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron } from "@playwright/test";
import { canPackage, packageDir, RUNTIME } from "../scripts/package-dir.ts";

const STARTS = 5;

/** Bytes of all files under a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(path) : statSync(path).size);
  }, 0);
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** An app with an empty page: what Electron itself takes on this computer at this moment. */
async function startEmpty(folder: string): Promise<number> {
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", main: "main.js" }));
  writeFileSync(
    join(folder, "main.js"),
    `const { app, BrowserWindow } = require("electron");
app.setPath("userData", __dirname);
app.whenReady().then(() => new BrowserWindow().loadURL("data:text/html,<button>There</button>"));`,
  );
  const app = await _electron.launch({
    executablePath: join(RUNTIME, "electron"),
    args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), folder],
  });
  const page = await app.firstWindow();
  await page.getByRole("button", { name: "There" }).waitFor();
  const usableAt = Date.now();
  const startedAt = await app.evaluate(() =>
    (process as unknown as { getCreationTime(): number | null }).getCreationTime(),
  );
  await app.close();
  return usableAt - (startedAt ?? usableAt);
}

type Start = { readonly window: number; readonly page: number; readonly usable: number };

/** Milliseconds from the process's own start to the first window, to its loaded page, and to the first button. */
async function start(executable: string, home: string): Promise<Start> {
  const app = await _electron.launch({
    executablePath: executable,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    env: {
      ...(process.env as Record<string, string>),
      LIMPET_HOME: home,
      HOME: home,
      LIMPET_NODE: process.execPath,
    },
  });
  const page = await app.firstWindow();
  await page.getByRole("button", { name: "Try it without hardware" }).waitFor();
  const usableAt = Date.now();
  const [startedAt, [windowAt, loaded]] = await Promise.all([
    app.evaluate(() => (process as unknown as { getCreationTime(): number | null }).getCreationTime()),
    page.evaluate(() => {
      const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return [performance.timeOrigin, navigation?.domContentLoadedEventEnd ?? 0] as const;
    }),
  ]);
  await app.close();
  const from = startedAt ?? usableAt;
  return { window: windowAt - from, page: windowAt + loaded - from, usable: usableAt - from };
}

if (!canPackage()) {
  console.log("There is no Electron runtime to package with: npm run setup -- --tests brings it.");
  process.exit(1);
}
if (process.platform === "linux" && process.env.DISPLAY === undefined) {
  // Windows need a screen.
  execFileSync("xvfb-run", ["-a", process.execPath, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), "limpet-bench-package-"));
try {
  const build = join(import.meta.dirname, "../scripts/build-app.mjs");
  execFileSync(process.execPath, [build, "--renderer"], { stdio: "inherit" });
  const packaged = packageDir(folder);
  const [all, electron] = [sizeOf(packaged), sizeOf(RUNTIME)];
  console.log(`packaged           ${megabytes(all)}`);
  console.log(`Electron's own     ${megabytes(electron)}`);
  console.log(`over Electron      ${megabytes(all - electron)}   (goal: at most 150 MB)`);
  const starts: Start[] = [];
  const empty: number[] = [];
  const bare = join(folder, "empty");
  mkdirSync(bare);
  for (let at = 0; at < STARTS; at++) {
    empty.push(await startEmpty(bare));
    const one = await start(join(packaged, "limpet"), join(folder, "home"));
    starts.push(one);
    console.log(
      `start ${at + 1}            window ${Math.round(one.window)} ms, page ${Math.round(one.page)} ms, usable ${Math.round(one.usable)} ms; an empty window ${Math.round(empty[at] ?? 0)} ms`,
    );
  }
  console.log(`first start        ${Math.round(starts[0]?.usable ?? 0)} ms to a usable window`);
  const share = median(starts.map(({ usable }) => usable)) / median(empty);
  console.log(`beside Electron    ${share.toFixed(2)} times what an empty window of the same Electron takes`);
  console.log(
    `median start       ${Math.round(median(starts.map(({ usable }) => usable)))} ms   (goal: 2000 ms)`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
