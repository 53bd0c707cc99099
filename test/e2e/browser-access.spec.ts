/** What people ask of their system: twice the text size, a touched screen, colours of their own, no motion, no mouse. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { type Limpet, ROOT, test } from "./launch.ts";
import { expectAccessible, goTo, PLACES } from "./page-checks.ts";

const TWIN = join(ROOT, "resources/firmware/twin.wasm");

async function makeExample({ page }: Limpet): Promise<void> {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByText("connected, simulated")).toBeAttached();
}

const standsOut = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** What is pressed most and too small for a finger in a glove. */
const small = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>(".action button, .step, .device, .record-button")]
      .map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent ?? "" }))
      .filter(({ box }) => box.width > 0 && (box.width < 44 || box.height < 44))
      .map(({ box, text }) => `${text}: ${box.width} x ${box.height}`),
  );

test("every place has targets for a glove, and at 200 % fits the window's width, with its action and the names of the steps", async ({
  limpet,
}) => {
  const { page } = limpet;
  await makeExample(limpet);
  for (const place of PLACES) {
    await goTo(page, place);
    expect(await small(page), place).toEqual([]);
  }
  // What 1280 x 800 is at twice the size.
  await page.setViewportSize({ width: 640, height: 400 });
  for (const place of PLACES) {
    await goTo(page, place);
    await expect.poll(() => standsOut(page), { message: place }).toBeLessThanOrEqual(0);
    const action = page.locator(".action button, .empty button").last();
    await action.scrollIntoViewIfNeeded();
    await expect(action).toBeInViewport({ ratio: 0.9 });
    await expect(page.getByRole("button", { name: new RegExp(`^${place}`) }).first()).toBeAttached();
  }
  await expectAccessible(page);
});

test("nothing moves for those who asked for no motion; in the system's own colours the step in hand, bars and focus are seen", async ({
  limpet,
}) => {
  const { page } = limpet;
  await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active" });
  await makeExample(limpet);
  await goTo(page, "Collect");
  const seen = await page.evaluate(() => {
    const style = (selector: string): CSSStyleDeclaration => {
      const element = document.querySelector(selector);
      if (element === null) throw new Error(`There is no ${selector}.`);
      return getComputedStyle(element);
    };
    return {
      step: style(".step[aria-current]").outlineStyle,
      other: style(".step:not([aria-current])").outlineStyle,
      fill: style(".bar > i").backgroundColor,
      ground: style(".bar").backgroundColor,
    };
  });
  expect(seen.step).toBe("solid");
  expect(seen.other).toBe("none");
  expect(seen.fill).not.toBe(seen.ground);
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle)).toBe(
    "solid",
  );
  await page.getByRole("button", { name: "Language" }).click();
  await expect(page.getByRole("menuitemradio", { name: "Deutsch" })).toBeVisible();
  expect(await page.evaluate(() => document.getAnimations().map((one) => String(one.effect)))).toEqual([]);
});

test("from the start page to a goal that is saved, without a mouse", async ({ limpet }) => {
  const { page } = limpet;
  await page.getByRole("button", { name: "Try it without hardware" }).waitFor();
  const press = async (name: RegExp): Promise<void> => {
    for (let step = 0; step < 60; step++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const element = document.activeElement;
        return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
      });
      if (!name.test(focus)) continue;
      await page.keyboard.press("Enter");
      return;
    }
    throw new Error(`Tab does not reach ${name}.`);
  };
  await makeByKeys(press, page);
  await page.keyboard.press("Control+1");
  await press(/^Save goal and collect/);
  await expect(page.getByRole("heading", { level: 1, name: "Collect" })).toBeVisible();
  // A dialog gives the focus back to what opened it.
  await page.keyboard.press("Control+b");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

async function makeByKeys(press: (name: RegExp) => Promise<void>, page: Page): Promise<void> {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  await press(/^Try it without hardware/);
  await expect(page.getByText("connected, simulated")).toBeVisible();
}
