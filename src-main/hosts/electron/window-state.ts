/** Where the window was, so that it opens there again. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { app, type BrowserWindow, type Rectangle, screen } from "electron";

type WindowState = { readonly bounds: Rectangle; readonly maximised: boolean };

const DEFAULT: WindowState = { bounds: { x: -1, y: -1, width: 1280, height: 832 }, maximised: false };
const SMALLEST = { width: 720, height: 480 };

const file = (): string => join(app.getPath("userData"), "window.json");

/** The state kept; the default where there is none or where no screen shows that place any more. */
export function readWindowState(): WindowState {
  try {
    const { bounds, maximised } = JSON.parse(readFileSync(file(), "utf8")) as WindowState;
    const { x, y, width, height } = bounds;
    if (![x, y, width, height].every(Number.isFinite)) return DEFAULT;
    const area = screen.getDisplayMatching(bounds).workArea;
    const seen =
      x < area.x + area.width - 50 &&
      x + width > area.x + 50 &&
      y >= area.y - 10 &&
      y < area.y + area.height - 50;
    const size = { width: Math.max(SMALLEST.width, width), height: Math.max(SMALLEST.height, height) };
    return seen ? { bounds: { x, y, ...size }, maximised: maximised === true } : DEFAULT;
  } catch {
    return DEFAULT;
  }
}

/** Keeps the state whenever the window closes. */
export function keepWindowState(window: BrowserWindow): void {
  window.on("close", () => {
    const state: WindowState = { bounds: window.getNormalBounds(), maximised: window.isMaximized() };
    try {
      mkdirSync(dirname(file()), { recursive: true });
      writeFileSync(file(), JSON.stringify(state));
    } catch {
      // The window then opens at its usual place.
    }
  });
}
