/** The window's part in the system, in a real Electron: menus in the window's language, recent projects, a second start, drops, progress, restarts. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, expect, type Page, test } from "@playwright/test";
import { findTestElectron, ROOT } from "./launch.ts";

test.describe.configure({ mode: "serial" });

let folder = "";
let app: ElectronApplication;
let page: Page;

const environment = (): Record<string, string> => ({
  ...(process.env as Record<string, string>),
  LIMPET_HOME: folder,
  HOME: folder,
  LIMPET_NODE: process.execPath,
});

async function start(more: readonly string[] = []): Promise<void> {
  app = await _electron.launch({
    executablePath: findTestElectron() ?? "",
    args: [ROOT, ...more],
    env: environment(),
  });
  page = await app.firstWindow();
  page.setDefaultTimeout(120_000);
}

test.beforeAll(async () => {
  test.skip(findTestElectron() === null, "no Electron on this computer (npm run setup -- --tests)");
  folder = mkdtempSync(join(tmpdir(), "limpet-shell-"));
  await start();
});

test.afterAll(async () => {
  await app?.close();
  if (folder !== "") rmSync(folder, { recursive: true, force: true });
});

type Item = { label: string; enabled: boolean; submenu: Item[] };

/** The application menu as it stands. */
const menu = (): Promise<Item[]> =>
  app.evaluate(({ Menu }) => {
    const items = (from: Electron.Menu | undefined): Item[] =>
      (from?.items ?? []).map(({ label, enabled, submenu }) => ({
        label,
        enabled,
        submenu: items(submenu ?? undefined),
      }));
    return items(Menu.getApplicationMenu() ?? undefined);
  });

/** Chooses an entry by its labels, as a click on it does. */
const choose = (...labels: string[]): Promise<void> =>
  app.evaluate(({ Menu }, path) => {
    let items = Menu.getApplicationMenu()?.items ?? [];
    for (const [depth, label] of path.entries()) {
      const found = items.find((item) => item.label === label);
      if (found === undefined) throw new Error(`The menu has no “${label}”.`);
      if (depth === path.length - 1) found.click();
      items = found.submenu?.items ?? [];
    }
  }, labels);

/** Answers the next dialogs of the system for the user. */
const answerDialogs = (path: string): Promise<void> =>
  app.evaluate(({ dialog }, answer) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [answer] });
    dialog.showSaveDialog = async () => ({ canceled: false, filePath: answer });
  }, path);

const labels = async (name: string): Promise<string[]> =>
  (await menu()).find(({ label }) => label === name)?.submenu.map(({ label }) => label) ?? [];

test("New, Close and Open recent work from the menu, which names the projects opened lately", async () => {
  await expect.poll(() => labels("File")).toContain("New project…");
  for (const name of ["One", "Two"]) {
    await answerDialogs(join(folder, `${name}.limpet`));
    await choose("File", "New project…");
    await expect(page).toHaveTitle(new RegExp(`– ${name} –`));
  }
  await choose("File", "Close project");
  await expect(page.getByRole("button", { name: "Try it without hardware" })).toBeVisible();
  await expect
    .poll(async () => {
      const file = (await menu()).find(({ label }) => label === "File")?.submenu ?? [];
      const recent = file.find(({ label }) => label === "Open recent")?.submenu.map(({ label }) => label);
      return [recent, file.find(({ label }) => label === "Close project")?.enabled];
    })
    .toEqual([["Two", "One"], false]);
  await choose("File", "Open recent", "One");
  await expect(page).toHaveTitle(/– One –/);
  await choose("Go", "Train");
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
});

test("the menu follows the language of the window, and the choice outlives a new start", async () => {
  await page.getByRole("button", { name: "Language" }).click();
  await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Trainieren" })).toBeVisible();
  await expect.poll(() => labels("Datei")).toContain("Projekt öffnen…");
  expect(await labels("Gehe zu")).toEqual([
    "Ziel",
    "Sammeln",
    "Entwerfen",
    "Trainieren",
    "Umwandeln",
    "Auswerten",
    "Aufspielen",
  ]);
  await app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 30, width: 1000, height: 700 });
  });
  await app.close();
  await start([join(folder, "Two.limpet")]);
  await expect(page).toHaveTitle(/ – Two – /);
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  await expect.poll(() => labels("Datei")).toContain("Projekt öffnen…");
});

test("the window opens where and as large as it was", async () => {
  const { width, height } = await app.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds() ?? { width: 0, height: 0 },
  );
  // A window manager may move a window by its frame, and there may be none.
  expect(Math.abs(width - 1000)).toBeLessThanOrEqual(4);
  expect(Math.abs(height - 700)).toBeLessThanOrEqual(40);
  await page.getByRole("button", { name: "Sprache" }).click();
  await page.getByRole("menuitemradio", { name: "Sprache des Systems" }).click();
  await expect.poll(() => labels("File")).toContain("Open project…");
});

/** A second start of the same app; resolves with its exit code. */
function startAgain(path: string): Promise<number | null> {
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const child: ChildProcess = spawn(findTestElectron() ?? "", [...asRoot, ROOT, path], {
    env: environment(),
    stdio: "ignore",
  });
  return new Promise((resolve) => child.once("exit", resolve));
}

test("a second start ends at once, and the first window shows the file it was asked for", async () => {
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
  expect(await startAgain(join(folder, "One.limpet"))).toBe(0);
  await expect(page).toHaveTitle(/ – One – /);
  expect(
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isMinimized())),
  ).toEqual([false]);
});

test("a project that is dropped onto the window is opened", async () => {
  const devtools = await page.context().newCDPSession(page);
  await page.keyboard.press("Control+1");
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await devtools.send("Input.dispatchDragEvent", {
      type,
      x: 500,
      y: 300,
      data: { items: [], files: [join(folder, "Two.limpet")], dragOperationsMask: 1 },
    });
  }
  await expect(page).toHaveTitle(/ – Two – /);
  await devtools.detach();
});

test("a file that is no project is named in the window, and the project that was open stays open", async () => {
  const path = join(folder, "none.limpet");
  execFileSync("sh", ["-c", `printf 'no project' > "${path}"`]);
  expect(await startAgain(path)).toBe(0);
  await expect(
    page
      .getByRole("alert")
      .getByText(/none\.limpet/)
      .first(),
  ).toBeVisible();
  await expect(page).toHaveTitle(/ – Two – /);
});

test("long work shows in the task bar, and goes from it when it is done", async () => {
  await app.evaluate(({ BrowserWindow }) => {
    const seen: number[] = [];
    (globalThis as unknown as { seen: number[] }).seen = seen;
    const window = BrowserWindow.getAllWindows()[0];
    if (window !== undefined) window.setProgressBar = (fraction) => void seen.push(fraction);
  });
  await answerDialogs(join(folder, "Example.limpet"));
  await choose("File", "Close project");
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page).toHaveTitle(/Limpet motor example/);
  const seen = await app.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
  expect(seen.some((fraction) => fraction > 0 && fraction <= 1)).toBe(true);
  expect(seen.at(-1)).toBe(-1);
});

/** The window's title, asked of the main process: the test's hold on the page is lost with the page's process. */
const title = (): Promise<string> =>
  app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getTitle() ?? "");

test("an engine that was killed is there again with the project that was open", async () => {
  const lines = execFileSync("ps", ["-o", "pid=,args=", "--ppid", String(app.process().pid)], {
    encoding: "utf8",
  }).split("\n");
  const engine = lines.find((line) => line.includes("engine-process") || line.includes("NodeService"));
  process.kill(Number(engine?.trim().split(" ")[0]), "SIGKILL");
  await expect(page.getByText(/engine was started again/).first()).toBeVisible();
  await expect(page).toHaveTitle(/Limpet motor example/);
});

test("a page whose process died is loaded anew, with the project still open", async () => {
  const loaded = app.evaluate(
    ({ BrowserWindow }) =>
      new Promise<void>((resolve) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        contents?.once("render-process-gone", () => contents.once("did-finish-load", () => resolve()));
        contents?.forcefullyCrashRenderer();
      }),
  );
  await loaded;
  await expect.poll(title).toMatch(/Limpet motor example/);
});
