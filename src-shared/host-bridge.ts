/**
 * How the user interface reaches the engine in each host.
 *
 * Electron: the preload script puts a `HostBridge` at `window.limpet`. Browser: there is none; the page was opened at
 * `http://127.0.0.1:PORT/?token=…`, which set a cookie, and opens the WebSocket `ws://HOST/engine` (HOST is `location.host`;
 * with `?token=…` from the page's address where it is still there). Both carry one JSON text per message: `ClientMessage`
 * towards the engine, `EngineMessage` back.
 */

export type FileFilter = { readonly name: string; readonly extensions: readonly string[] };

export type HostBridge = {
  readonly host: "electron";
  /** Sends one `ClientMessage` as JSON. */
  send(text: string): void;
  /** Hands every `EngineMessage` (JSON) to the listener. One listener; a later one takes its place. */
  onMessage(listener: (text: string) => void): void;
  /** Told when the engine has ended by itself; it is started again at once, and requests under way are lost. */
  onRestart(listener: () => void): void;
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
  /** Told when the user has chosen another language (kept by the engine), so that menus and dialogs follow. */
  languageChanged(): Promise<void>;
  /** The path of a file that was dropped onto the window. */
  pathOfFile(file: File): string;
};

/** Path of the WebSocket of the web host. */
export const ENGINE_PATH = "/engine";
