/** What the window's host takes from its page: words and lists for the menu, checked, cut and left out where they are not as agreed. */
import { expect, test } from "vitest";
import { menuOf } from "../../src-main/hosts/electron/menu-words.ts";
import { MENU_TEXTS } from "../../src-shared/host-bridge.ts";

test("words, places and projects pass as they are agreed", () => {
  const menu = {
    texts: { file: "Datei", quit: "Beenden" },
    places: [{ place: "goal", label: "Ziel" }],
    recent: [{ path: "/home/me/Pumpe.limpet", name: "Pumpe" }],
    projectOpen: true,
  };
  expect(menuOf(menu)).toEqual(menu);
});

test("anything else is left out and does no harm", () => {
  const empty = { texts: {}, places: [], recent: [], projectOpen: false };
  for (const given of [
    null,
    undefined,
    7,
    "menu",
    [],
    { texts: 1, places: {}, recent: "x", projectOpen: "yes" },
  ]) {
    expect(menuOf(given)).toEqual(empty);
  }
  expect(
    menuOf({
      texts: { file: 3, quit: "", evil: "x", __proto__: { edit: "y" } },
      places: [{ place: "goal" }, null, { label: "Ziel", place: 4 }],
      recent: [
        { path: "/etc/passwd", name: "no project" },
        { path: "/a.limpet", name: "" },
      ],
    }).recent,
  ).toEqual([]);
});

test("long words and lists are cut", () => {
  const menu = menuOf({
    texts: Object.fromEntries(MENU_TEXTS.map((name) => [name, "x".repeat(10_000)])),
    recent: Array.from({ length: 500 }, (_, at) => ({ path: `/${at}.limpet`, name: "n".repeat(500) })),
  });
  expect(Math.max(...Object.values(menu.texts).map((text) => text.length))).toBeLessThanOrEqual(400);
  expect(menu.recent.length).toBeLessThanOrEqual(20);
  expect(menu.recent[0]?.name.length).toBeLessThanOrEqual(120);
});
