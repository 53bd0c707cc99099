/** All that the page may reach of Electron: texts to and from the engine, the system's file dialogs, menu and task bar. */
import { contextBridge, ipcRenderer, webUtils } from "electron";
import type { HostBridge, HostCommand } from "../../../src-shared/host-bridge.ts";
import { CHANNELS } from "./channels.ts";

let onText: (text: string) => void = () => {};
let onRestart: (again: boolean) => void = () => {};
let onCommand: (command: HostCommand) => void = () => {};
/** Texts that came before the page was listening. */
let early: string[] | null = [];

ipcRenderer.on(CHANNELS.fromEngine, (_event, text: unknown) => {
  if (typeof text !== "string") return;
  if (early === null) onText(text);
  else early.push(text);
});
ipcRenderer.on(CHANNELS.restarted, (_event, again: unknown) => onRestart(again === true));
ipcRenderer.on(CHANNELS.command, (_event, command: HostCommand) => onCommand(command));

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
  savePdf: (options) => ipcRenderer.invoke(CHANNELS.savePdf, options),
  describeMenu: (menu) => ipcRenderer.invoke(CHANNELS.describeMenu, menu),
  onCommand: (listener) => {
    onCommand = listener;
  },
  showProgress: (fraction) => ipcRenderer.send(CHANNELS.progress, fraction),
  // Electron 22 has no webUtils; there a File carries its path.
  pathOfFile: (file) =>
    webUtils === undefined ? ((file as { path?: string }).path ?? "") : webUtils.getPathForFile(file),
};

contextBridge.exposeInMainWorld("limpet", bridge);
