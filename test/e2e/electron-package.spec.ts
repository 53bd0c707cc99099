/**
 * The package as electron-builder makes it (`--dir`, with the runtime of the tests): everything is inside that the job needs, the
 * fuses are set, it starts, trains, and ends cleanly. Without an archive, because the tests' Electron is too old to run the engine
 * in a process of its own, and the Node that takes its place does not read archives.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, expect, test } from "@playwright/test";
import { ROOT } from "./launch.ts";

const RUNTIME = join(ROOT, ".tools/electron");
const TWIN = join(ROOT, "resources/firmware/twin.wasm");

let folder = "";

test.beforeAll(() => {
  test.skip(
    !existsSync(join(RUNTIME, "electron")),
    "no Electron runtime to package (npm run setup -- --tests)",
  );
  test.skip(!existsSync(TWIN), "the twin has not been built (npm run setup)");
  folder = mkdtempSync(join(tmpdir(), "limpet-package-"));
  execFileSync(
    process.execPath,
    [
      join(ROOT, "node_modules/electron-builder/cli.js"),
      "--dir",
      `-c.directories.output=${folder}`,
      `-c.electronDist=${RUNTIME}`,
      "-c.electronVersion=22.3.25",
      "-c.asar=false",
      "-c.electronFuses.onlyLoadAppFromAsar=false",
      "-c.electronFuses.enableEmbeddedAsarIntegrityValidation=false",
      // Playwright drives the window by this door, which is closed in what users get.
      "-c.electronFuses.enableNodeCliInspectArguments=true",
    ],
    { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] },
  );
});

test.afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

const executable = (): string => join(folder, "linux-unpacked/limpet");

test("the package starts, trains the motor example, converts it, and ends cleanly", async () => {
  const app = await _electron.launch({
    executablePath: executable(),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    env: {
      ...(process.env as Record<string, string>),
      LIMPET_HOME: folder,
      HOME: folder,
      LIMPET_NODE: process.execPath,
    },
  });
  const ended = new Promise<number | null>((resolve) => app.process().once("exit", resolve));
  const page = await app.firstWindow();
  page.setDefaultTimeout(30_000);
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByText("connected, simulated")).toBeVisible({ timeout: 60_000 });
  await page.keyboard.press("Control+4");
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await expect(page.getByText(/ right on the recordings that watch the training/)).toBeVisible({
    timeout: 60_000,
  });
  await page.getByRole("button", { name: "Go on to convert" }).click();
  await page.getByRole("button", { name: "Convert for the board" }).click();
  await expect(page.getByText(/validation windows are called differently/)).toBeVisible({ timeout: 60_000 });
  await app.close();
  expect(await ended).toBe(0);
});

test("the package does not serve as a Node for others", () => {
  const script = ["-e", "console.log('as node')"];
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1", LIMPET_HOME: folder, HOME: folder };
  let said = "";
  try {
    said = execFileSync(executable(), [...script, "--no-sandbox"], {
      env,
      encoding: "utf8",
      timeout: 4000,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch {
    // It opened its window, as it does for everyone, and was ended by the time limit.
  }
  expect(said).not.toContain("as node");
});
