/**
 * Starts Limpet for a spec in the host of its Playwright project and hands over its page: `test` has the fixture `limpet` with
 * `page` and a folder of its own. In the browser: `limpet app --host web` and the system's Chromium. In Electron: the npm
 * package's binary where there is one, else the test runtime that setup unpacked.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { _electron, test as base, chromium, type Page } from "@playwright/test";
import { findElectron } from "../../src-main/hosts/electron/launch.ts";

export const ROOT = join(import.meta.dirname, "../..");

export type Limpet = {
  readonly page: Page;
  readonly host: "web" | "electron";
  /** A folder of this spec's own, removed after it. */
  readonly folder: string;
  /** Runs what opens a file dialog and answers it: the system's in Electron (answered for the user), ours in the browser. */
  choose(open: () => Promise<void>, paths: readonly string[], mode: "open" | "save"): Promise<void>;
};

type Started = Pick<Limpet, "page" | "choose"> & { close(): Promise<void> };

/** The browser of the tests; `LIMPET_CHROMIUM` names another. */
export function findChromium(): string | undefined {
  const named = process.env.LIMPET_CHROMIUM;
  const candidates = [named, "/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"];
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** An Electron to test with, null where there is none. */
export function findTestElectron(): string | null {
  const runtime = join(ROOT, ".tools/electron/electron");
  return findElectron() ?? (existsSync(runtime) ? runtime : null);
}

const VIEWPORT = { width: 1280, height: 800 };

export const test = base.extend<{ limpet: Limpet }>({
  limpet: async ({ locale }, use, info) => {
    const folder = mkdtempSync(join(tmpdir(), "limpet-e2e-"));
    const host = info.project.metadata.host === "electron" ? "electron" : "web";
    let started: Started | null = null;
    try {
      started = host === "electron" ? await startElectron(folder) : await startBrowser(folder, locale);
      started.page.setDefaultTimeout(120_000);
      await use({ page: started.page, choose: started.choose, host, folder });
    } finally {
      await started?.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

async function startBrowser(folder: string, locale: string | undefined): Promise<Started> {
  const executablePath = findChromium();
  test.skip(executablePath === undefined, "no Chromium on this computer");
  const server = await startServer(folder);
  const browser = await chromium.launch({
    executablePath: executablePath ?? "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  const page = await (
    await browser.newContext({ viewport: VIEWPORT, ...(locale === undefined ? {} : { locale }) })
  ).newPage();
  await page.goto(server.url);
  return {
    page,
    choose: async (open, paths, mode) => {
      await open();
      const dialog = page.getByRole("dialog").last();
      const folders = dialog.getByRole("textbox", { name: /^Folder/ });
      await folders.fill(dirname(paths[0] ?? ""));
      await dialog.getByRole("button", { name: "Open", exact: true }).click();
      if (mode === "save") {
        await dialog.getByLabel("File name").fill(basename(paths[0] ?? ""));
        await dialog.getByRole("button", { name: "Save here" }).click();
        return;
      }
      for (const path of paths)
        await dialog.getByRole("button", { name: basename(path), exact: true }).click();
      await dialog.getByRole("button", { name: "Choose", exact: true }).click();
    },
    close: async () => {
      await browser.close();
      await server.stop();
    },
  };
}

/** Runs `limpet app --host web` as a user would; resolves with the address that it prints. */
export async function startServer(
  folder: string,
  more: readonly string[] = [],
): Promise<{ readonly url: string; readonly process: ChildProcess; stop(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    [join(ROOT, "bin/limpet.mjs"), "app", "--host", "web", "--no-open", ...more],
    { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, LIMPET_HOME: folder, HOME: folder } },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^Limpet is at (http:\/\/\S+)$/.exec(line)?.[1];
    if (url === undefined) continue;
    return {
      url,
      process: child,
      stop: async () => {
        child.kill("SIGTERM");
        await ended;
      },
    };
  }
  throw new Error("The web host ended without an address.");
}

async function startElectron(folder: string): Promise<Started> {
  const executablePath = findTestElectron();
  test.skip(executablePath === null, "no Electron on this computer (npm run setup -- --tests)");
  const app = await _electron.launch({
    executablePath: executablePath ?? "",
    args: [ROOT],
    env: {
      ...(process.env as Record<string, string>),
      LIMPET_HOME: folder,
      // Examples are made in the home folder.
      HOME: folder,
      LIMPET_NODE: process.execPath,
    },
  });
  const page = await app.firstWindow();
  await app.evaluate(({ BrowserWindow }, size) => {
    BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height);
  }, VIEWPORT);
  return {
    page,
    choose: async (open, paths) => {
      await app.evaluate(({ dialog }, answer) => {
        dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [...answer] });
        dialog.showSaveDialog = async () => ({ canceled: false, filePath: answer[0] ?? "" });
      }, paths);
      await open();
    },
    close: () => app.close(),
  };
}
