/** The window itself, without the interface: what the page may reach, where it may go, and that its engine lives and dies with it. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, expect, type Page, test } from "@playwright/test";
import type { HostBridge } from "../../src-shared/host-bridge.ts";
import { findTestElectron, ROOT } from "./launch.ts";

let folder = "";
let app: ElectronApplication;
let page: Page;

/** An app with a page of the test's own: the host's built files, the engine's sources, one line of HTML. */
function makeApp(): void {
  for (const name of ["dist/electron", "dist/renderer"]) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["main.cjs", "preload.cjs"]) {
    cpSync(join(ROOT, "dist/electron", name), join(folder, "dist/electron", name));
  }
  for (const name of ["src-main", "src-shared", "node_modules", "package.json"]) {
    symlinkSync(join(ROOT, name), join(folder, name));
  }
  writeFileSync(
    join(folder, "dist/renderer/index.html"),
    "<!doctype html><title>Probe</title><h1>Probe</h1>",
  );
}

test.beforeAll(async () => {
  const executablePath = findTestElectron();
  test.skip(executablePath === null, "no Electron on this computer (npm run setup -- --tests)");
  folder = mkdtempSync(join(tmpdir(), "limpet-window-"));
  makeApp();
  app = await _electron.launch({
    executablePath: executablePath ?? "",
    args: [folder],
    env: { ...(process.env as Record<string, string>), LIMPET_HOME: folder, LIMPET_NODE: process.execPath },
  });
  page = await app.firstWindow();
});

test.afterAll(async () => {
  await app?.close();
  if (folder !== "") rmSync(folder, { recursive: true });
});

/** Asks the engine by the bridge, as the interface does. */
function ask(method: string, params: unknown): Promise<unknown> {
  return page.evaluate(
    ([name, values]) =>
      new Promise((resolve) => {
        const { limpet } = window as unknown as { limpet: HostBridge };
        const id = Math.floor(Math.random() * 1e9);
        limpet.onMessage((text) => {
          const message = JSON.parse(text) as { id?: number; kind: string };
          if (message.id === id && message.kind !== "progress") resolve(message);
        });
        limpet.send(JSON.stringify({ kind: "request", id, method: name, params: values }));
      }),
    [method, params] as const,
  );
}

test("the page has an origin of its own and reaches the engine", async () => {
  expect(page.url()).toBe("app://limpet/index.html");
  expect(await ask("app:get-info", {})).toMatchObject({ kind: "result", result: { host: "electron" } });
  const path = join(folder, "p.limpet");
  expect(await ask("project:create", { path })).toMatchObject({ result: { path, recordings: 0 } });
});

test("the page reaches nothing of Node, no other place and no file outside", async () => {
  expect(await page.evaluate(() => [typeof globalThis.process, "require" in globalThis])).toEqual([
    "undefined",
    false,
  ]);
  const outside = await page.evaluate(() =>
    Promise.all(
      [
        "app://limpet/../package.json",
        "app://limpet/%2e%2e/%2e%2e/package.json",
        "app://other/index.html",
        "https://example.com/",
        "file:///etc/hostname",
      ].map((address) =>
        fetch(address).then(
          async (answer) => (answer.ok ? await answer.text() : "refused"),
          () => "refused",
        ),
      ),
    ),
  );
  expect(outside).toEqual(["refused", "refused", "refused", "refused", "refused"]);
});

test("how the page runs: sandboxed, isolated, without Node, webviews or experiments", async () => {
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    return contents.getLastWebPreferences();
  });
  expect(preferences).toMatchObject({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    webSecurity: true,
  });
  for (const dangerous of [
    "allowRunningInsecureContent",
    "experimentalFeatures",
    "enableBlinkFeatures",
    "nodeIntegrationInWorker",
    "nodeIntegrationInSubFrames",
  ]) {
    expect(preferences[dangerous] ?? false, dangerous).toBeFalsy();
  }
  // Functions that take values, and nothing of Electron's own.
  const seen = await page.evaluate(() => Object.entries((window as unknown as { limpet: object }).limpet));
  expect(seen.map(([name]) => name).sort()).toEqual([
    "chooseFiles",
    "chooseFolder",
    "chooseSavePath",
    "describeMenu",
    "host",
    "onCommand",
    "onMessage",
    "onRestart",
    "pathOfFile",
    "savePdf",
    "send",
    "showProgress",
  ]);
});

test("the page gets no permission but to write the clipboard", async () => {
  const answers = await page.evaluate(async () => {
    const state = async (name: string): Promise<string> =>
      (await navigator.permissions.query({ name: name as PermissionName })).state;
    return [
      await Notification.requestPermission(),
      await state("geolocation"),
      await state("camera"),
      await state("microphone"),
      await navigator.mediaDevices.getUserMedia({ audio: true }).then(
        () => "heard",
        () => "refused",
      ),
    ];
  });
  expect(answers).toEqual(["denied", "denied", "denied", "denied", "refused"]);
});

test("scripts that were written into the page do not run", async () => {
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    return "injected" in window;
  });
  expect(ran).toBe(false);
});

test("an engine that was killed is started again", async () => {
  await page.evaluate(() => {
    const page = window as unknown as { limpet: HostBridge; restarted: Promise<string> };
    page.restarted = new Promise((resolve) => page.limpet.onRestart(() => resolve("restarted")));
  });
  // In an Electron with a new Node the engine is a utility process, which does not show its entry among its arguments.
  const lines = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(app.process().pid)], {
    encoding: "utf8",
  }).split("\n");
  const engine = lines.find((line) => line.includes("engine-process") || line.includes("NodeService"));
  process.kill(Number(engine?.trim().split(" ")[0]), "SIGKILL");
  expect(await page.evaluate(() => (window as unknown as { restarted: Promise<string> }).restarted)).toBe(
    "restarted",
  );
  // With the project that was open.
  await expect
    .poll(() => ask("project:get-summary", {}))
    .toMatchObject({ kind: "result", result: { path: join(folder, "p.limpet") } });
});

test("the window goes nowhere else and opens no other", async () => {
  await page.evaluate(() => {
    location.href = "http://127.0.0.1:9/";
  });
  await page.evaluate(() => window.open("http://127.0.0.1:9/"));
  expect(page.url()).toBe("app://limpet/index.html");
  expect(await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
});
