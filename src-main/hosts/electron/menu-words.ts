/** Checks what the page says of its menu: words, places, projects opened lately. Knows no Electron. */
import { type HostMenu, MENU_TEXTS, type MenuText } from "../../../src-shared/host-bridge.ts";

const MAX_TEXT = 120;
/** The one text that is a sentence or two. */
const MAX_DETAIL = 400;
const MAX_ENTRIES = 20;
const MAX_PATH = 4096;

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
    const found = text(object(given.texts)[name], name === "engineGoneDetail" ? MAX_DETAIL : MAX_TEXT);
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
