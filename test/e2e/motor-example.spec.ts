/** All seven steps with the motor example on the simulated board, as a newcomer without hardware does them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { ROOT, test } from "./launch.ts";
import { goTo } from "./page-checks.ts";

const TWIN = join(ROOT, "resources/firmware/twin.wasm");
const TRAINING = join(ROOT, "src-main/services/training-service.ts");

test("the motor example goes through all seven steps without hardware", async ({ limpet }) => {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  test.skip(!existsSync(TRAINING), "this version has no training yet");
  const { page } = limpet;
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Goal" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await page.getByRole("button", { name: "Save goal and collect" }).click();

  await expect(page.getByRole("img", { name: /^Live signal of/ })).toBeVisible();
  await page.getByLabel("Countdown").selectOption("0");
  await page.getByLabel("Seconds").fill("2");
  await page.getByRole("button", { name: /^Record “/ }).click();
  await expect(page.getByText(/^Kept 2\.0 s of/)).toBeVisible();
  await page.getByRole("button", { name: /Hold back recordings|Split anew/ }).click();

  await goTo(page, "Design");
  await page.getByRole("button", { name: "Use this design" }).click();
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await page.getByRole("button", { name: "Go on to convert" }).click({ timeout: 120_000 });
  await page.getByRole("button", { name: "Convert for the board" }).click();
  await page.getByRole("button", { name: "Go on to evaluate" }).click({ timeout: 60_000 });
  await page.getByRole("button", { name: "Test on held-back recordings" }).click();
  await expect(page.getByText(/\d+ of \d+ right \(/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole("button", { name: "Go on to the board" }).click();
  await page.getByRole("button", { name: "Write to board" }).click();
  await expect(page.getByText(/^The board computed (\d+) of \1 test windows exactly/)).toBeVisible({
    timeout: 60_000,
  });
  await page.getByRole("button", { name: "Start live check" }).click();
  await expect(page.getByText("Last 10 seconds")).toBeVisible();
});
