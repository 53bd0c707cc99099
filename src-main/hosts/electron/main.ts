/**
 * The app's window in Electron (22 to today's). The page runs sandboxed and isolated, can go nowhere else, and talks to the
 * engine in a process of its own by texts that pass through here unread. Knows windows; no requests.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  app,
  BrowserWindow,
  dialog,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  session,
} from "electron";
import { APP_ORIGIN, registerScheme, serveFiles } from "./app-protocol.ts";
import { CHANNELS } from "./channels.ts";
import { serveDialogs } from "./dialogs.ts";
import { EngineLink } from "./engine-link.ts";
import { servePrinting } from "./print.ts";
import { Shell } from "./shell.ts";
import { keepWindowState, readWindowState } from "./window-state.ts";

// This file is bundled to dist/electron/main.cjs.
const ROOT = join(__dirname, "../..");
const PRELOAD = join(__dirname, "preload.cjs");
const INTERFACE = join(ROOT, "dist/renderer");
/** Largest text that the page may send: a dropped file. */
const MAX_TEXT = 100 * 1024 * 1024;

let window: BrowserWindow | null = null;
let engine: EngineLink | null = null;
let shellOfPage: Shell | null = null;
/** A project that the system wants opened before the window is there (macOS). */
let asked: string | null = null;

/** The project named on a command line, null where none is. */
function projectOf(line: readonly string[], folder: string): string | null {
  const found = line.slice(1).find((word) => word.endsWith(".limpet") && !word.startsWith("-"));
  return found === undefined ? null : resolve(folder, found);
}

/** Has the page open a project, so that what goes wrong is said in the window. */
function openProject(path: string): void {
  if (shellOfPage === null) asked = path;
  else if (existsSync(path)) shellOfPage.command({ kind: "open-path", path });
}

function showWindow(): void {
  if (window?.isMinimized() === true) window.restore();
  window?.show();
  window?.focus();
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
    onRestart: (again) => {
      window?.webContents.send(CHANNELS.restarted, again);
      if (!again) void offerRestart();
    },
  });
  ipcMain.on(CHANNELS.toEngine, (event, text: unknown) => {
    if (trusted(event) && typeof text === "string" && text.length <= MAX_TEXT) engine?.send(text);
  });
}

/** The engine ended too often to be started again: a new start of everything is the one thing left to offer. */
async function offerRestart(): Promise<void> {
  if (window === null || shellOfPage === null) return;
  const word = shellOfPage.word.bind(shellOfPage);
  const { response } = await dialog.showMessageBox(window, {
    type: "error",
    message: word("engineGone", "Limpet's engine ended several times within a minute."),
    detail: word("engineGoneDetail", "What was saved is unharmed. The log says why it ended."),
    buttons: [word("restart", "Start Limpet again"), word("quit", "Quit")],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) {
    const project = engine?.project ?? null;
    const others = process.argv.slice(1).filter((word) => !word.endsWith(".limpet"));
    app.relaunch({ args: project === null ? others : [...others, project] });
  }
  app.quit();
}

const MAX_RELOADS = 3;

/** A page whose process died is loaded anew; the engine still has the project open. */
function reloadWhenGone({ webContents }: BrowserWindow): void {
  let ends: number[] = [];
  webContents.on("render-process-gone", (_event, { reason }) => {
    if (reason === "clean-exit" || webContents.isDestroyed()) return;
    const now = Date.now();
    ends = [...ends.filter((at) => now - at < 60_000), now];
    if (ends.length <= MAX_RELOADS) webContents.reload();
    else void offerRestart();
  });
  webContents.on("did-start-navigation", (details, _url, _inPlace, isMainFrame) => {
    // Electron 22 hands over the values one by one, later ones in the event.
    if (isMainFrame ?? (details as unknown as { isMainFrame?: boolean }).isMainFrame) shellOfPage?.pageGone();
  });
}

/** For every page there is or could be: our files only, no other window, no webview. */
function limitPages(): void {
  app.on("web-contents-created", (_event, webContents) => {
    const stay = (event: { preventDefault(): void }, url: string): void => {
      if (originOf(url) !== APP_ORIGIN) event.preventDefault();
    };
    webContents.on("will-navigate", stay);
    webContents.on("will-redirect", stay);
    webContents.on("will-attach-webview", (event) => event.preventDefault());
    // There is no link to the outside in the window, so nothing is handed to the system's browser either.
    webContents.setWindowOpenHandler(() => ({ action: "deny" }));
  });
}

/** Scheme and host of an address; null where it is none. `URL.origin` is "null" for schemes of our own. */
function originOf(address: string): string | null {
  try {
    const { protocol, host } = new URL(address);
    return `${protocol}//${host}`;
  } catch {
    return null;
  }
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
  reloadWhenGone(window);
  window.once("ready-to-show", () => window?.show());
  window.on("focus", () => window?.flashFrame(false));
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
    showWindow();
  });
  app.on("open-file", (event, path) => {
    event.preventDefault();
    openProject(path);
    showWindow();
  });
  limitPages();
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
    const developer = !app.isPackaged || process.env.LIMPET_DEVELOPER === "1";
    shellOfPage = new Shell({ window: () => window, trusted, developer });
    startEngine();
    serveDialogs(() => window, trusted);
    servePrinting(() => window, trusted);
    const path = asked ?? projectOf(process.argv, process.cwd());
    if (path !== null) openProject(path);
    createWindow();
  });
}

app.setName("Limpet");
// Windows groups windows, jump list and progress by it.
app.setAppUserModelId("org.limpet.app");
app.setAboutPanelOptions({
  applicationName: "Limpet",
  applicationVersion: app.getVersion(),
  copyright: "The Limpet authors, Apache-2.0",
});
if (process.env.LIMPET_HOME) app.setPath("userData", join(process.env.LIMPET_HOME, "electron"));
if (app.requestSingleInstanceLock()) run();
else app.quit();
