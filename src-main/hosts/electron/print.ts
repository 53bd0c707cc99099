/**
 * Prints a page of the app's making (a job report) into a PDF file. The page is loaded from a file into a hidden window of its own
 * that runs no script, keeps nothing and may go nowhere; the user names the file in the system's dialog.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain } from "electron";
import { CHANNELS } from "./channels.ts";

/** Longest page that is printed, characters. */
const MAX_HTML = 20 * 1024 * 1024;

/** Answers the page's requests for a PDF; `trusted` says whether a sender is our own page. */
export function servePrinting(
  window: () => BrowserWindow | null,
  trusted: (event: IpcMainInvokeEvent) => boolean,
): void {
  ipcMain.handle(CHANNELS.savePdf, async (event, options: unknown) => {
    const parent = window();
    if (!trusted(event) || parent === null) throw new Error("Refused.");
    const { html, title, defaultName } = optionsOf(options);
    const { canceled, filePath } = await dialog.showSaveDialog(parent, {
      title,
      defaultPath: defaultName,
      filters: [{ name: "PDF", extensions: ["pdf"] }],
    });
    if (canceled || filePath === undefined || filePath === "") return null;
    await writeFile(filePath, await pdfOf(html));
    return filePath;
  });
}

function optionsOf(value: unknown): { html: string; title: string; defaultName: string } {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof given[key] === "string" ? given[key] : "");
  const html = text("html");
  if (html === "" || html.length > MAX_HTML) throw new Error("There is nothing to print.");
  return { html, title: text("title"), defaultName: text("defaultName") };
}

async function pdfOf(html: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "limpet-print-"));
  const page = new BrowserWindow({
    show: false,
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      webviewTag: false,
      spellcheck: false,
      // In memory only, and not the app's.
      partition: "limpet-print",
    },
  });
  try {
    page.webContents.setWindowOpenHandler(() => ({ action: "deny" }));
    const path = join(folder, "report.html");
    await writeFile(path, html);
    await page.loadFile(path);
    page.webContents.on("will-navigate", (event) => event.preventDefault());
    return await page.webContents.printToPDF({
      printBackground: true,
      preferCSSPageSize: true,
      pageSize: "A4",
    });
  } finally {
    page.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
