/** The system's file dialogs for the page. Parameters come from the page, so they are checked. */
import { type BrowserWindow, dialog, type IpcMainInvokeEvent, ipcMain } from "electron";
import { CHANNELS } from "./channels.ts";

type Filter = { name: string; extensions: string[] };

/** Answers the page's requests for dialogs; `trusted` says whether a sender is our own page. */
export function serveDialogs(
  window: () => BrowserWindow | null,
  trusted: (event: IpcMainInvokeEvent) => boolean,
): void {
  const serve = <T>(
    channel: string,
    answer: (parent: BrowserWindow, options: Options) => Promise<T>,
  ): void => {
    ipcMain.handle(channel, (event, options: unknown) => {
      const parent = window();
      if (!trusted(event) || parent === null) throw new Error("Refused.");
      return answer(parent, optionsOf(options));
    });
  };
  serve(CHANNELS.chooseFiles, async (parent, { title, filters, multiple }) => {
    const { filePaths } = await dialog.showOpenDialog(parent, {
      title,
      filters,
      properties: multiple ? ["openFile", "multiSelections"] : ["openFile"],
    });
    return filePaths;
  });
  serve(CHANNELS.chooseFolder, async (parent, { title }) => {
    const { filePaths } = await dialog.showOpenDialog(parent, {
      title,
      properties: ["openDirectory", "createDirectory"],
    });
    return filePaths[0] ?? null;
  });
  serve(CHANNELS.chooseSavePath, async (parent, { title, defaultName, filters }) => {
    const { canceled, filePath } = await dialog.showSaveDialog(parent, {
      title,
      defaultPath: defaultName,
      filters,
    });
    return canceled || filePath === undefined || filePath === "" ? null : filePath;
  });
}

type Options = { title: string; defaultName: string; filters: Filter[]; multiple: boolean };

function optionsOf(value: unknown): Options {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof given[key] === "string" ? given[key] : "");
  const filters = Array.isArray(given.filters) ? given.filters.flatMap(filterOf) : [];
  return {
    title: text("title"),
    defaultName: text("defaultName"),
    filters,
    multiple: given.multiple === true,
  };
}

function filterOf(value: unknown): Filter[] {
  if (typeof value !== "object" || value === null) return [];
  const { name, extensions } = value as { name?: unknown; extensions?: unknown };
  return typeof name === "string" && Array.isArray(extensions)
    ? [{ name, extensions: extensions.filter((extension) => typeof extension === "string") }]
    : [];
}
