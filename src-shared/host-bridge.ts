/**
 * How the user interface reaches the engine in each host.
 *
 * Electron: the preload script puts a `HostBridge` at `window.limpet`. Browser: there is none; the page was opened at
 * `http://127.0.0.1:PORT/?token=…`, which set a cookie, and opens the WebSocket `ws://HOST/engine` (HOST is `location.host`;
 * with `?token=…` from the page's address where it is still there). Both carry one JSON text per message: `ClientMessage`
 * towards the engine, `EngineMessage` back.
 */

export type FileFilter = { readonly name: string; readonly extensions: readonly string[] };

/** The words of the application menu and of the host's own questions, in the language of the page. */
export const MENU_TEXTS = [
  "file",
  "newProject",
  "openProject",
  "openRecent",
  "closeProject",
  "quit",
  "edit",
  "undo",
  "redo",
  "cut",
  "copy",
  "paste",
  "selectAll",
  "view",
  "zoomIn",
  "zoomOut",
  "resetZoom",
  "fullScreen",
  "go",
  "window",
  "help",
  "keys",
  "about",
  "engineGone",
  "engineGoneDetail",
  "restart",
] as const;
export type MenuText = (typeof MENU_TEXTS)[number];

export type HostMenu = {
  readonly texts: Readonly<Partial<Record<MenuText, string>>>;
  /** Places of the window in their order, with their names. */
  readonly places: readonly { readonly place: string; readonly label: string }[];
  /** Projects opened lately, newest first. */
  readonly recent: readonly { readonly path: string; readonly name: string }[];
  readonly projectOpen: boolean;
};

/** What was chosen in the menu, or asked for from outside (a file opened in the system's file manager). */
export type HostCommand =
  | { readonly kind: "new" | "open" | "close" | "keys" }
  | { readonly kind: "open-path"; readonly path: string }
  | { readonly kind: "go"; readonly place: string };

export type HostBridge = {
  readonly host: "electron";
  /** Sends one `ClientMessage` as JSON. */
  send(text: string): void;
  /** Hands every `EngineMessage` (JSON) to the listener. One listener; a later one takes its place. */
  onMessage(listener: (text: string) => void): void;
  /**
   * Told when the engine has ended by itself; requests under way are lost. It is started again at once (`again`), unless it ended
   * too often.
   */
  onRestart(listener: (again: boolean) => void): void;
  /** The system's own dialogs; null or an empty list where the user cancelled. Paths are absolute. */
  chooseFiles(options: {
    readonly title: string;
    readonly filters: readonly FileFilter[];
    readonly multiple: boolean;
  }): Promise<string[]>;
  chooseFolder(options: { readonly title: string }): Promise<string | null>;
  chooseSavePath(options: {
    readonly title: string;
    readonly defaultName: string;
    readonly filters: readonly FileFilter[];
  }): Promise<string | null>;
  /** Sets the menu's words and lists. The host keeps commands back until it was called first. */
  describeMenu(menu: HostMenu): Promise<void>;
  /** Hands every command to the listener. One listener; a later one takes its place. */
  onCommand(listener: (command: HostCommand) => void): void;
  /** Shows how far long work is (0..1) in the system's task bar; null where none is under way. */
  showProgress(fraction: number | null): void;
  /** Prints a page that needs nothing else (a job report) into a PDF file that the user names; null where they cancelled. */
  savePdf(options: {
    readonly html: string;
    readonly title: string;
    readonly defaultName: string;
  }): Promise<string | null>;
  /** The path of a file that was dropped onto the window. */
  pathOfFile(file: File): string;
};

/** Path of the WebSocket of the web host. */
export const ENGINE_PATH = "/engine";
