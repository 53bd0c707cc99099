/** The window in German, as a system that speaks German opens it: no English text, no open placeholder, no finding of axe, nothing cut off. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { LANGUAGES } from "../../src-renderer/locales/languages.ts";
import { ROOT, test } from "./launch.ts";
import { expectAccessible } from "./page-checks.ts";

test.use({ locale: "de-AT" });

const TWIN = join(ROOT, "resources/firmware/twin.wasm");
const german = LANGUAGES.de?.texts ?? {};
const de = (key: string): string => german[key] ?? key;
/** English texts that are long enough not to be a part of a German one by chance. */
const ENGLISH = Object.entries(german)
  .filter(([key, text]) => key !== text && key.length >= 7 && !key.includes("{{") && !/^[a-z-]+\./.test(key))
  .map(([key]) => key);

/** All that is to be read or heard on the page. */
const spoken = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    for (const element of document.querySelectorAll("body *")) {
      for (const node of element.childNodes)
        if (node.nodeType === Node.TEXT_NODE) found.push(node.nodeValue ?? "");
      for (const name of ["aria-label", "title", "placeholder", "aria-valuetext"]) {
        found.push(element.getAttribute(name) ?? "");
      }
    }
    return found.map((text) => text.trim()).filter((text) => text !== "");
  });

async function expectGerman(page: Page): Promise<void> {
  const texts = await spoken(page);
  expect(texts.filter((text) => text.includes("{{") || ENGLISH.includes(text))).toEqual([]);
}

/** Words are longer in German: nothing may stand out of the window, and no button may cut its own words off. */
async function expectRoom(page: Page): Promise<void> {
  const tight = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
    const cut = [...document.querySelectorAll<HTMLElement>("button, h1, h2, label, th")].filter((element) => {
      const style = getComputedStyle(element);
      return (
        element.checkVisibility() &&
        style.overflowX === "hidden" &&
        !element.matches(".visually-hidden") &&
        element.scrollWidth > element.clientWidth + 1
      );
    });
    return [...wide, ...cut.map((element) => element.textContent ?? "")];
  });
  expect(tight).toEqual([]);
}

test("the window follows the system's language from the start page to the last place", async ({ limpet }) => {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  const { page } = limpet;
  const look = async (): Promise<void> => {
    await expectGerman(page);
    await expectRoom(page);
  };
  await expect(
    page.getByRole("heading", { level: 1, name: "Bringen Sie einem kleinen Board bei" }),
  ).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  await look();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Ohne Hardware ausprobieren" }).click();
  await expect(page.getByText("verbunden, simulated")).toBeVisible();
  const places = ["goal", "collect", "design", "train", "convert", "evaluate", "deploy"];
  for (const [index, place] of places.entries()) {
    await page.keyboard.press(`Control+${index + 1}`);
    await expect(page.getByRole("heading", { level: 1, name: de(`place.${place}`) })).toBeVisible();
    await look();
    await expectAccessible(page);
    if (place !== "design") continue;
    // A field for a number has a comma, too.
    await page.getByText(de("More about the training"), { exact: true }).click();
    await expect(page.getByLabel(de("Learning rate"), { exact: true })).toHaveValue("0,001");
  }
  // Behind the places: keys, boards, the project file, the log, ways to find designs.
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: de("Keys") })).toBeVisible();
  await look();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+b");
  await expect(page.getByRole("dialog", { name: de("Choose a board") })).toBeVisible();
  await look();
  await page.keyboard.press("Escape");
  await page.locator(".status .path").click();
  await expect(page.getByRole("dialog", { name: de("Project file") })).toBeVisible();
  await look();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+l");
  await expect(page.getByText(de("What Limpet said"))).toBeVisible();
  await look();
  await page.keyboard.press("Control+l");
  await page.keyboard.press("Control+4");
  await page.getByText(de("Find a better design"), { exact: true }).click();
  await expect(page.getByText(de("How long"), { exact: true })).toBeVisible();
  await look();
});

test("English is one choice away, and comes back after the page was loaded anew", async ({ limpet }) => {
  const { page } = limpet;
  await page.getByRole("button", { name: "Sprache" }).click();
  await page.getByRole("menuitemradio", { name: "English" }).click();
  await expect(page.getByRole("heading", { level: 1, name: /^Teach a small board/ })).toBeVisible();
  // The choice is the engine's to keep, not the page's: another port is another origin.
  await page.evaluate(() => localStorage.clear());
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: /^Teach a small board/ })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe("en");
});
