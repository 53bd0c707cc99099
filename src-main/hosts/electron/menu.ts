/**
 * The application menu, in the words that the page hands over (so that a language is one catalogue), and what is chosen in it as
 * commands for the page. Until the page has spoken there is a menu of the system's own parts. Knows no projects.
 */
import { app, Menu, type MenuItemConstructorOptions } from "electron";
import type { HostCommand, HostMenu, MenuText } from "../../../src-shared/host-bridge.ts";

export type MenuOptions = {
  readonly developer: boolean;
  readonly onCommand: (command: HostCommand) => void;
};

const RECENT_SHOWN = 8;

/** The menu of the moment; null before the page has said its words. */
export function setMenu(menu: HostMenu | null, options: MenuOptions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(templateOf(menu, options, process.platform === "darwin")));
}

/** The template by itself, for tests of what is in it. */
export function templateOf(
  menu: HostMenu | null,
  { developer, onCommand }: MenuOptions,
  mac: boolean,
): MenuItemConstructorOptions[] {
  /** The page's word; without one the role's own label stands. */
  const word = (name: MenuText): { label?: string } => {
    const label = menu?.texts[name];
    return label === undefined ? {} : { label };
  };
  const command = (
    name: MenuText,
    what: HostCommand,
    more: MenuItemConstructorOptions = {},
  ): MenuItemConstructorOptions => ({ ...word(name), ...more, click: () => onCommand(what) });
  const line = { type: "separator" } as const;
  const quit: MenuItemConstructorOptions = { role: "quit", ...word("quit") };
  const project = menu?.projectOpen === true;
  const file: MenuItemConstructorOptions[] =
    menu === null
      ? [mac ? { role: "close" } : quit]
      : [
          command("newProject", { kind: "new" }, { accelerator: "CmdOrCtrl+N" }),
          command("openProject", { kind: "open" }, { accelerator: "CmdOrCtrl+O" }),
          { ...word("openRecent"), enabled: menu.recent.length > 0, submenu: recentOf(menu, onCommand) },
          line,
          command("closeProject", { kind: "close" }, { enabled: project, accelerator: "CmdOrCtrl+W" }),
          ...(mac ? [] : [line, quit]),
        ];
  const edit: MenuItemConstructorOptions[] = [
    // The page answers these keys itself: in a field they undo typing, elsewhere the last edit of the project.
    { role: "undo", ...word("undo"), registerAccelerator: false },
    { role: "redo", ...word("redo"), registerAccelerator: false },
    line,
    { role: "cut", ...word("cut") },
    { role: "copy", ...word("copy") },
    { role: "paste", ...word("paste") },
    { role: "selectAll", ...word("selectAll") },
  ];
  const view: MenuItemConstructorOptions[] = [
    { role: "zoomIn", ...word("zoomIn") },
    { role: "zoomOut", ...word("zoomOut") },
    { role: "resetZoom", ...word("resetZoom") },
    line,
    { role: "togglefullscreen", ...word("fullScreen") },
    ...(developer ? [line, { role: "toggleDevTools" } as const] : []),
  ];
  const go: MenuItemConstructorOptions[] = (menu?.places ?? []).map(({ place, label }, index) => ({
    label,
    enabled: project,
    accelerator: `CmdOrCtrl+${index + 1}`,
    // Shown only: the page answers the keys.
    registerAccelerator: false,
    click: () => onCommand({ kind: "go", place }),
  }));
  const help: MenuItemConstructorOptions[] = [
    command("keys", { kind: "keys" }),
    ...(mac ? [] : [{ role: "about", ...word("about") } as const]),
  ];
  return [
    ...(mac ? [{ role: "appMenu" } as const] : []),
    { label: "File", ...word("file"), submenu: file },
    { label: "Edit", ...word("edit"), submenu: edit },
    { label: "View", ...word("view"), submenu: view },
    ...(menu === null ? [] : [{ ...word("go"), submenu: go }]),
    { role: "windowMenu", ...word("window") },
    ...(menu === null ? [] : [{ role: "help", ...word("help"), submenu: help } as const]),
  ];
}

function recentOf(menu: HostMenu, onCommand: MenuOptions["onCommand"]): MenuItemConstructorOptions[] {
  return menu.recent.slice(0, RECENT_SHOWN).map(({ path, name }) => ({
    // An ampersand would mark a key of the menu.
    label: name.replaceAll("&", "&&"),
    toolTip: path,
    click: () => onCommand({ kind: "open-path", path }),
  }));
}

/** Tells the system of a project that was opened, for its own lists (jump list, dock); Linux keeps none. */
export function noteRecent(path: string): void {
  if (process.platform !== "linux") app.addRecentDocument(path);
}
