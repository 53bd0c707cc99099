/**
 * The app's window in Electron (22 to today's). The page runs sandboxed and isolated, can go nowhere else, and talks to the
 * engine in a process of its own by texts that pass through here unread. Knows windows; no requests.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  app,
  BrowserWindow,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  session,
  shell,
} from "electron";
import { APP_ORIGIN, registerScheme, serveFiles } from "./app-protocol.ts";
import { CHANNELS } from "./channels.ts";
import { serveDialogs } from "./dialogs.ts";
import { EngineLink } from "./engine-link.ts";
import { setMenu } from "./menu.ts";
import { keepWindowState, readWindowState } from "./window-state.ts";

// This file is bundled to dist/electron/main.cjs.
const ROOT = join(__dirname, "../..");
const PRELOAD = join(__dirname, "preload.cjs");
const INTERFACE = join(ROOT, "dist/renderer");
/** Largest text that the page may send: a dropped file. */
const MAX_TEXT = 100 * 1024 * 1024;

let window: BrowserWindow | null = null;
let engine: EngineLink | null = null;

/** The project named on a command line, null where none is. */
function projectOf(line: readonly string[], folder: string): string | null {
  const found = line.slice(1).find((word) => word.endsWith(".limpet") && !word.startsWith("-"));
  return found === undefined ? null : resolve(folder, found);
}

/** Opens a project by the request that the page itself would send; the page learns of it by `project:changed`. */
function openProject(path: string): void {
  if (existsSync(path)) {
    engine?.send(JSON.stringify({ kind: "request", id: -1, method: "project:open", params: { path } }));
  }
}

const trusted = (event: IpcMainEvent | IpcMainInvokeEvent): boolean =>
  window !== null &&
  event.sender === window.webContents &&
  event.senderFrame === window.webContents.mainFrame &&
  event.senderFrame.url.startsWith(`${APP_ORIGIN}/`);

function startEngine(): void {
  engine = new EngineLink(ROOT, {
    onText: (text) => {
      window?.webContents.send(CHANNELS.fromEngine, text);
    },
    onRestart: () => {
      window?.webContents.send(CHANNELS.restarted);
    },
  });
  ipcMain.on(CHANNELS.toEngine, (event, text: unknown) => {
    if (trusted(event) && typeof text === "string" && text.length <= MAX_TEXT) engine?.send(text);
  });
}

function createWindow(): void {
  const { bounds, maximised } = readWindowState();
  window = new BrowserWindow({
    ...(bounds.x < 0 && bounds.y < 0 ? { width: bounds.width, height: bounds.height } : bounds),
    minWidth: 720,
    minHeight: 480,
    title: "Limpet",
    show: false,
    backgroundColor: "#101418",
    webPreferences: {
      preload: PRELOAD,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  keepWindowState(window);
  if (maximised) window.maximize();
  const { webContents } = window;
  window.once("ready-to-show", () => window?.show());
  webContents.on("will-navigate", (event, url) => {
    if (!url.startsWith(`${APP_ORIGIN}/`)) event.preventDefault();
  });
  webContents.on("will-attach-webview", (event) => event.preventDefault());
  webContents.setWindowOpenHandler(({ url }) => {
    // Links of the help open in the user's own browser, and only such links.
    if (url.startsWith("https://")) void shell.openExternal(url);
    return { action: "deny" };
  });
  window.on("closed", () => {
    window = null;
  });
  void window.loadURL(`${APP_ORIGIN}/index.html`);
}

function denyPermissions(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, permission, callback) =>
    callback(permission === "clipboard-sanitized-write"),
  );
  session.defaultSession.setPermissionCheckHandler(
    (_contents, permission) => permission === "clipboard-sanitized-write",
  );
}

function run(): void {
  registerScheme();
  // Together with --no-sandbox (root, in containers) Chromium would refuse its own processes.
  if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
  app.on("second-instance", (_event, line, folder) => {
    const path = projectOf(line, folder);
    if (path !== null) openProject(path);
    if (window?.isMinimized() === true) window.restore();
    window?.focus();
  });
  app.on("window-all-closed", () => app.quit());
  let stopped = false;
  app.on("before-quit", (event) => {
    if (stopped || engine === null) return;
    // The engine closes the project first.
    event.preventDefault();
    void engine.stop().then(() => {
      stopped = true;
      app.quit();
    });
  });
  void app.whenReady().then(() => {
    serveFiles(INTERFACE);
    denyPermissions();
    setMenu(!app.isPackaged || process.env.LIMPET_DEVELOPER === "1");
    startEngine();
    serveDialogs(() => window, trusted);
    const path = projectOf(process.argv, process.cwd());
    if (path !== null) openProject(path);
    createWindow();
  });
}

app.setName("Limpet");
if (process.env.LIMPET_HOME) app.setPath("userData", join(process.env.LIMPET_HOME, "electron"));
if (app.requestSingleInstanceLock()) run();
else app.quit();
