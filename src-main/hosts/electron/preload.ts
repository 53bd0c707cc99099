/** All that the page may reach of Electron: texts to and from the engine, and the system's file dialogs. */
import { contextBridge, ipcRenderer, webUtils } from "electron";
import type { HostBridge } from "../../../src-shared/host-bridge.ts";
import { CHANNELS } from "./channels.ts";

let onText: (text: string) => void = () => {};
let onRestart: () => void = () => {};
/** Texts that came before the page was listening. */
let early: string[] | null = [];

ipcRenderer.on(CHANNELS.fromEngine, (_event, text: unknown) => {
  if (typeof text !== "string") return;
  if (early === null) onText(text);
  else early.push(text);
});
ipcRenderer.on(CHANNELS.restarted, () => onRestart());

const bridge: HostBridge = {
  host: "electron",
  send: (text) => ipcRenderer.send(CHANNELS.toEngine, String(text)),
  onMessage: (listener) => {
    onText = listener;
    const waiting = early ?? [];
    early = null;
    for (const text of waiting) listener(text);
  },
  onRestart: (listener) => {
    onRestart = listener;
  },
  chooseFiles: (options) => ipcRenderer.invoke(CHANNELS.chooseFiles, options),
  chooseFolder: (options) => ipcRenderer.invoke(CHANNELS.chooseFolder, options),
  chooseSavePath: (options) => ipcRenderer.invoke(CHANNELS.chooseSavePath, options),
  languageChanged: () => ipcRenderer.invoke(CHANNELS.languageChanged),
  // Electron 22 has no webUtils; there a File carries its path.
  pathOfFile: (file) =>
    webUtils === undefined ? ((file as { path?: string }).path ?? "") : webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld("limpet", bridge);
