/**
 * The window's part in the system: the application menu in the window's language, commands from it, projects dropped onto the
 * window, progress in the task bar. In the browser only the dropping remains. Knows no looks.
 */
import i18next from "i18next";
import type { HostBridge, HostCommand, HostMenu, MenuText } from "../../src-shared/host-bridge.ts";
import { hostBridge } from "../connection/channel.ts";
import type { EngineClient } from "../connection/client.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { notifyError, PLACES, type Place, useApp } from "./store.ts";

const WORDS: Readonly<Record<MenuText, string>> = {
  file: "File",
  newProject: "New project…",
  openProject: "Open project…",
  openRecent: "Open recent",
  closeProject: "Close project",
  quit: "Quit Limpet",
  edit: "Edit",
  undo: "Undo",
  redo: "Redo",
  cut: "Cut",
  copy: "Copy",
  paste: "Paste",
  selectAll: "Select all",
  view: "View",
  zoomIn: "Larger text",
  zoomOut: "Smaller text",
  resetZoom: "Usual text size",
  fullScreen: "Full screen",
  go: "Go",
  window: "Window",
  help: "Help",
  keys: "Keys",
  about: "About Limpet",
  engineGone: "Limpet's engine ended several times within a minute.",
  engineGoneDetail: "What was saved is unharmed. The log says why it ended.",
  restart: "Start Limpet again",
};

/** Call once the client is there and the language is known. */
export function followShell(client: EngineClient): void {
  takeDrops(client);
  const bridge = hostBridge();
  if (bridge === null) return;
  bridge.onCommand((command) => run(client, command).catch(notifyError));
  const say = (): void => void describeMenu(client, bridge).catch(notifyError);
  i18next.on("languageChanged", say);
  let open: string | null | undefined;
  useApp.subscribe(({ loaded, summary }) => {
    const path = summary?.path ?? null;
    if (!loaded || path === open) return;
    open = path;
    say();
  });
}

async function describeMenu(client: EngineClient, bridge: HostBridge): Promise<void> {
  const recent = await client.request("project:list-recent", {});
  const texts: HostMenu["texts"] = Object.fromEntries(
    Object.entries(WORDS).map(([name, word]) => [name, i18next.t(word)]),
  );
  await bridge.describeMenu({
    texts,
    places: PLACES.map((place) => ({ place, label: i18next.t(`place.${place}`) })),
    recent: recent.filter(({ exists }) => exists).map(({ path, name }) => ({ path, name })),
    projectOpen: useApp.getState().summary !== null,
  });
}

const isPlace = (name: string): name is Place => (PLACES as readonly string[]).includes(name);

async function run(client: EngineClient, command: HostCommand): Promise<void> {
  switch (command.kind) {
    case "new": {
      const [path] = await pickPaths({
        mode: "save",
        title: i18next.t("New project"),
        extensions: ["limpet"],
        defaultName: i18next.t("My machine.limpet"),
      });
      if (path === undefined) return;
      await client.request("project:create", { path: path.endsWith(".limpet") ? path : `${path}.limpet` });
      return;
    }
    case "open": {
      const [path] = await pickPaths({
        mode: "files",
        title: i18next.t("Open project"),
        extensions: ["limpet"],
      });
      if (path !== undefined) await client.request("project:open", { path });
      return;
    }
    case "open-path":
      await client.request("project:open", { path: command.path });
      return;
    case "close":
      await client.request("project:close", {});
      useApp.setState({ summary: null, recordings: [], experiments: [] });
      return;
    case "keys":
      useApp.setState({ shortcutsOpened: true });
      return;
    case "go":
      if (useApp.getState().summary !== null && isPlace(command.place)) useApp.getState().go(command.place);
  }
}

/** A project that is dropped onto the window is opened; in Collect, files are recordings and Collect takes them itself. */
function takeDrops(client: EngineClient): void {
  const ours = (): boolean => {
    const { summary, place } = useApp.getState();
    return summary === null || place !== "collect";
  };
  window.addEventListener("dragover", (event) => {
    if (ours()) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!ours()) return;
    event.preventDefault();
    const project = [...(event.dataTransfer?.files ?? [])].find(({ name }) => name.endsWith(".limpet"));
    if (project === undefined) return;
    const path = hostBridge()?.pathOfFile(project) ?? "";
    if (path !== "") client.request("project:open", { path }).catch(notifyError);
    else {
      // A browser says a file's name and content, and not where it lies.
      useApp.getState().notify({
        level: "info",
        message: i18next.t("The browser does not say where “{{name}}” lies.", { name: project.name }),
        hint: i18next.t("Open it by “Open project…” on the start page."),
      });
    }
  });
}
