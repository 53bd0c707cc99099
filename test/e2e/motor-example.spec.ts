/** All seven steps with the motor example on the simulated board, as a newcomer without hardware does them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { ROOT, test } from "./launch.ts";
import { expectAccessible, goTo, PLACES, takePicture } from "./page-checks.ts";

const TWIN = join(ROOT, "resources/firmware/twin.wasm");

/** Clicks by the button's name and counts them. */
function clicker(page: Page): {
  click(name: string | RegExp): Promise<void>;
  clicks: number;
} {
  const counter = {
    clicks: 0,
    click: async (name: string | RegExp) => {
      const exact = typeof name === "string";
      await page.getByRole("button", { name, exact }).last().click();
      counter.clicks++;
    },
  };
  return counter;
}

test("a newcomer without hardware is led to live answers from the board in at most 12 clicks", async ({
  limpet,
}) => {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  const { page } = limpet;
  const hand = clicker(page);
  await hand.click("Try it without hardware");
  await expect(page.getByRole("heading", { level: 1, name: "Goal" })).toBeVisible();
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await hand.click("Save goal and collect");
  await expect(page.getByRole("img", { name: /^Live signal of/ })).toBeVisible();
  await expect(page.getByText("15 of 20, 120 s").first()).toBeVisible();
  await hand.click("Go on to the design");
  await expect(page.getByText("Tensor shapes")).toBeVisible();
  await hand.click("Use this design");
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
  await hand.click("Train");
  await hand.click("Go on to convert");
  await hand.click("Convert for the board");
  await hand.click("Go on to evaluate");
  await hand.click("Test on held-back recordings");
  await expect(page.getByText(/\d+ of \d+ right \(/)).toBeVisible();
  await hand.click("Go on to the board");
  await hand.click("Write to board");
  await expect(page.getByText(/^The board computed (\d+) of \1 test windows exactly/)).toBeVisible();
  await hand.click("Start live check");
  const now = page.locator(".now [role=status]");
  await expect(now).toHaveText(/normal|imbalance|bearing-fault|unknown/);
  expect(hand.clicks).toBeLessThanOrEqual(12);

  // All is done, and nothing is left to hint at.
  await expect(page.getByRole("note")).toHaveCount(0);
  for (const place of PLACES) {
    await expect(page.getByRole("button", { name: new RegExp(`^${place} done`) })).toBeVisible();
  }
});

test("what a run leaves behind: pictures, every page passes axe, a wrong answer becomes a recording", async ({
  limpet,
}) => {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  const { page, host } = limpet;
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await page.getByRole("button", { name: "Hide hints" }).first().click();
  const each = async (name: string): Promise<void> => {
    // One host is enough for what a page looks like; both render the same. The dark ones are for the pictures.
    if (host === "electron") return;
    const schemes =
      process.env.LIMPET_SCREENSHOTS === "1" ? (["Light", "Dark"] as const) : (["Light"] as const);
    for (const scheme of schemes) {
      const button = page.getByRole("button", { name: `${scheme} appearance` });
      if (await button.isVisible()) await button.click();
      await expectAccessible(page);
      await takePicture(limpet, scheme === "Light" ? name : `${name}-dark`);
    }
    const light = page.getByRole("button", { name: "Light appearance" });
    if (await light.isVisible()) await light.click();
  };
  await each("goal");
  await goTo(page, "Collect");
  await expect(page.getByText("15 of 20, 120 s").first()).toBeVisible();
  await page.waitForTimeout(host === "web" ? 5500 : 0);
  await each("collect");
  await page.getByText("As a list").click();
  await page.getByRole("button", { name: "bearing-fault.load50-2" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Spectrogram" }).click();
  await expect(dialog.getByRole("img", { name: /^Spectrogram of/ })).toBeVisible();
  await expectAccessible(page);
  await takePicture(limpet, "recording");
  await page.keyboard.press("Escape");
  await goTo(page, "Design");
  await expect(page.getByText("Tensor shapes")).toBeVisible();
  await each("design");
  await page.getByRole("button", { name: "Use this design" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await expect(page.getByRole("button", { name: "Go on to convert" })).toBeVisible();
  await each("train");
  await page.getByRole("button", { name: "Go on to convert" }).click();
  await page.getByRole("button", { name: "Convert for the board" }).click();
  await expect(page.getByText(/validation windows are called differently/)).toBeVisible();
  await each("convert");
  await page.getByRole("button", { name: "Go on to evaluate" }).click();
  await page.getByRole("button", { name: "Test on held-back recordings" }).click();
  await expect(page.getByText(/\d+ of \d+ right \(/)).toBeVisible();
  await each("evaluate");
  await page.getByRole("button", { name: "Go on to the board" }).click();
  await page.getByRole("button", { name: "Write to board" }).click();
  await expect(page.getByText(/test windows exactly/)).toBeVisible();
  await each("deploy");
  await page.getByRole("button", { name: "Start live check" }).click();
  await expect(page.getByText("Last 10 seconds")).toBeVisible();
  await page.waitForTimeout(host === "web" ? 8000 : 5500);
  await each("live");

  await page.locator(".keep").getByRole("button", { name: "imbalance" }).click();
  await expect(page.getByText(/^Kept [45]\.\d s as “imbalance”/)).toBeVisible();
  await goTo(page, "Collect");
  await expect(page.getByText(/^16 of 20, 12[45] s/)).toBeVisible();
  await expect(page.getByRole("button", { name: /^Train out of date|^Train.*out of date/ })).toBeVisible();
});
