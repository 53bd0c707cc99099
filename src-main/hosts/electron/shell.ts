/**
 * What the page asks of the window besides dialogs: the menu's words, progress in the task bar; and commands the other way.
 * Everything from the page is checked here. Commands wait until the page has described its menu: before that it cannot hear them.
 */
import { type BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from "electron";
import type { HostCommand, HostMenu, MenuText } from "../../../src-shared/host-bridge.ts";
import { CHANNELS } from "./channels.ts";
import { noteRecent, setMenu } from "./menu.ts";
import { menuOf } from "./menu-words.ts";

export type ShellOptions = {
  readonly window: () => BrowserWindow | null;
  readonly trusted: (event: IpcMainEvent | IpcMainInvokeEvent) => boolean;
  readonly developer: boolean;
};

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
