/**
 * What the page asks of the window besides dialogs: the menu's words, progress in the task bar; and commands the other way.
 * Everything from the page is checked here. Commands wait until the page has described its menu: before that it cannot hear them.
 */
import { type BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from "electron";
import {
  type HostCommand,
  type HostMenu,
  MENU_TEXTS,
  type MenuText,
} from "../../../src-shared/host-bridge.ts";
import { CHANNELS } from "./channels.ts";
import { noteRecent, setMenu } from "./menu.ts";

export type ShellOptions = {
  readonly window: () => BrowserWindow | null;
  readonly trusted: (event: IpcMainEvent | IpcMainInvokeEvent) => boolean;
  readonly developer: boolean;
};

const MAX_TEXT = 120;
const MAX_ENTRIES = 20;
const MAX_PATH = 4096;

export class Shell {
  readonly #options: ShellOptions;
  #waiting: HostCommand[] | null = [];
  #texts: HostMenu["texts"] = {};
  #newest = "";

  constructor(options: ShellOptions) {
    this.#options = options;
    const { window, trusted, developer } = options;
    const onCommand = (command: HostCommand): void => this.command(command);
    setMenu(null, { developer, onCommand });
    ipcMain.handle(CHANNELS.describeMenu, (event, given: unknown) => {
      if (!trusted(event)) throw new Error("Refused.");
      const menu = menuOf(given);
      this.#texts = menu.texts;
      setMenu(menu, { developer, onCommand });
      const newest = menu.recent[0]?.path ?? "";
      if (newest !== "" && newest !== this.#newest) noteRecent(newest);
      this.#newest = newest;
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      for (const command of waiting) this.command(command);
    });
    ipcMain.on(CHANNELS.progress, (event, fraction: unknown) => {
      const target = window();
      if (!trusted(event) || target === null) return;
      const under = typeof fraction === "number" && fraction >= 0 && fraction <= 1;
      target.setProgressBar(under ? Math.max(fraction, 0.01) : -1);
      // Long work is over while the user looks elsewhere.
      if (!under && !target.isFocused()) target.flashFrame(true);
    });
  }

  /** The page's word for something, or the English one where the page has not spoken. */
  word(name: MenuText, english: string): string {
    return this.#texts[name] ?? english;
  }

  /** Hands a command to the page, as soon as it listens. */
  command(command: HostCommand): void {
    if (this.#waiting === null) this.#options.window()?.webContents.send(CHANNELS.command, command);
    else this.#waiting.push(command);
  }

  /** The page is being loaded anew: commands wait again. */
  pageGone(): void {
    this.#waiting ??= [];
  }
}

type Given = Readonly<Record<string, unknown>>;
const object = (value: unknown): Given =>
  typeof value === "object" && value !== null ? (value as Given) : {};
const text = (value: unknown, length: number): string =>
  typeof value === "string" ? value.slice(0, length) : "";

/** Takes what is as agreed and leaves out the rest. */
export function menuOf(value: unknown): HostMenu {
  const given = object(value);
  const texts: Partial<Record<MenuText, string>> = {};
  for (const name of MENU_TEXTS) {
    const found = text(object(given.texts)[name], name === "engineGoneDetail" ? 400 : MAX_TEXT);
    if (found !== "") texts[name] = found;
  }
  const list = (entries: unknown): Given[] =>
    (Array.isArray(entries) ? entries : []).slice(0, MAX_ENTRIES).map(object);
  return {
    texts,
    places: list(given.places)
      .map(({ place, label }) => ({ place: text(place, MAX_TEXT), label: text(label, MAX_TEXT) }))
      .filter(({ place, label }) => place !== "" && label !== ""),
    recent: list(given.recent)
      .map(({ path, name }) => ({ path: text(path, MAX_PATH), name: text(name, MAX_TEXT) }))
      .filter(({ path, name }) => path.endsWith(".limpet") && name !== ""),
    projectOpen: given.projectOpen === true,
  };
}
