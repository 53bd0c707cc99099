/**
 * The package as electron-builder makes it (`--dir`, with the runtime of the tests; scripts/package-dir.ts says what differs from what
 * users get): everything is inside that the job needs, the fuses are set, it starts, trains, converts, and ends cleanly.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, expect, test } from "@playwright/test";
import { canPackage, packageDir } from "../../scripts/package-dir.ts";
import { ROOT } from "./launch.ts";

const TWIN = join(ROOT, "resources/firmware/twin.wasm");

let folder = "";

test.beforeAll(() => {
  test.skip(!canPackage(), "no Electron runtime to package (npm run setup -- --tests)");
  test.skip(!existsSync(TWIN), "the twin has not been built (npm run setup)");
  folder = mkdtempSync(join(tmpdir(), "limpet-package-"));
  packageDir(folder);
});

test.afterAll(() => {
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

const executable = (): string => join(folder, "linux-unpacked/limpet");

test("the package starts, trains the sine example, converts it, and ends cleanly", async () => {
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
  page.setDefaultTimeout(120_000);
  const policy = await page.evaluate(async () =>
    (await fetch(location.href)).headers.get("content-security-policy"),
  );
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'self'(;|$)/);
  await page.getByRole("button", { name: "Other examples" }).click();
  await page.getByRole("menuitem", { name: /^Sine/ }).click();
  await expect(page).toHaveTitle(/Limpet example sine/);
  await page.keyboard.press("Control+4");
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await expect(page.getByText(/: R² 0\.9\d* on the recordings that watch the training/)).toBeVisible();
  await page.getByRole("button", { name: "Go on to convert" }).click();
  await page.getByRole("button", { name: "Convert for the board" }).click();
  await expect(page.getByText("FULLY_CONNECTED")).toBeVisible();
  await app.close();
  expect(await ended).toBe(0);
});

/** Fuses of the wire in an Electron binary, in their order (electron's docs/tutorial/fuses.md). */
const FUSES = [
  "runAsNode",
  "enableCookieEncryption",
  "enableNodeOptionsEnvironmentVariable",
  "enableNodeCliInspectArguments",
  "enableEmbeddedAsarIntegrityValidation",
  "onlyLoadAppFromAsar",
  "loadBrowserProcessSpecificV8Snapshot",
  "grantFileProtocolExtraPrivileges",
];

/** Reads the wire: a mark, the version (1), the count of fuses, and a character for each: 1 on, 0 off, r removed. */
function fusesOf(path: string): Map<string, boolean> {
  const binary = readFileSync(path);
  const mark = "dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
  const at = binary.indexOf(mark) + mark.length;
  expect(binary[at]).toBe(1);
  const count = binary[at + 1] ?? 0;
  return new Map(FUSES.slice(0, count).map((name, index) => [name, binary[at + 2 + index] === 0x31]));
}

test("the fuses are as electron-builder.yml says", () => {
  const fuses = fusesOf(executable());
  const written = readFileSync(join(ROOT, "electron-builder.yml"), "utf8");
  for (const name of [
    "runAsNode",
    "enableCookieEncryption",
    "enableNodeOptionsEnvironmentVariable",
    "loadBrowserProcessSpecificV8Snapshot",
  ]) {
    const wanted = new RegExp(`^  ${name}: (true|false)$`, "m").exec(written)?.[1];
    expect([name, String(fuses.get(name))]).toEqual([name, wanted]);
  }
  // What users get beyond this package, whose Electron lacks the one and whose test needs the others open.
  for (const line of [
    "enableNodeCliInspectArguments: false",
    "enableEmbeddedAsarIntegrityValidation: true",
    "onlyLoadAppFromAsar: true",
    "grantFileProtocolExtraPrivileges: false",
  ]) {
    expect(written).toContain(`  ${line}\n`);
  }
});

test("firmware, WebAssembly and boards' descriptions are inside, tests and sources are not", () => {
  const inside = join(folder, "linux-unpacked/resources/app");
  const files = readdirSync(inside, { recursive: true }).map(String);
  for (const part of [
    "dist/renderer/index.html",
    "dist/electron/engine.mjs",
    "resources/firmware/twin.wasm",
    "resources/firmware/training-kernels.wasm",
    "resources/boards/microbit-v2.json",
  ]) {
    expect(files, part).toContain(part);
  }
  expect(files.filter((path) => /^(src-|test|bench|firmware|docs)/.test(path))).toEqual([]);
  expect(files.filter((path) => path.endsWith(".map"))).toEqual([]);
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
