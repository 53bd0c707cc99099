/** The form of a design: a value that cannot be is told at once and harms nothing; words are explained; trained networks go at a second press. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { ROOT, test } from "./launch.ts";
import { expectAccessible, goTo } from "./page-checks.ts";

test.skip(
  !existsSync(join(ROOT, "resources/firmware/twin.wasm")),
  "the simulated board has not been built (npm run setup)",
);

test("a value that cannot be is named and the page stays; findings stand beside the form; words are explained", async ({
  limpet,
}) => {
  const { page, host } = limpet;
  test.skip(host === "electron", "once is enough: nothing of it depends on the host");
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await goTo(page, "Design");
  await expect(page.getByText("Tensor shapes")).toBeVisible();

  const bands = page.getByLabel("Bands", { exact: true });
  await bands.fill("0");
  await expect(page.getByRole("alert")).toContainText("Not possible: Bands");
  await expect(page.getByRole("button", { name: "Use this design" })).toBeDisabled();
  await bands.fill("16");
  await expect(page.getByRole("alert")).toHaveCount(0);

  // The power of the goal is 1 mW; what takes more is said beside the form, with the field to change.
  await page.getByLabel("Stride (ms)", { exact: true }).fill("10");
  await expect(page.getByText(/^The processor takes about .* mW, and the goal is 1 mW/)).toBeVisible();
  await expect(page.getByText("Field: Stride (ms)").first()).toBeVisible();
  await page.getByRole("button", { name: /^Vibration/ }).click();
  await expect(page.getByText(/^The processor takes about/)).toHaveCount(0);

  await page.getByLabel("Length (ms)", { exact: true }).fill("50000");
  await expect(page.getByText(/^The window of 50.?000 ms is longer than every recording/)).toBeVisible();
  await expect(page.getByRole("button", { name: "Use this design" })).toBeDisabled();
  await page.getByRole("button", { name: /^Vibration/ }).click();
  await expect(page.getByRole("button", { name: "Use this design" })).toBeEnabled();

  await page.getByText("What these words mean").nth(1).click();
  await expect(page.getByText(/^How finely frequencies are told apart/)).toBeVisible();
  await expectAccessible(page);

  // A trained network is not lost by one press.
  await page.getByRole("button", { name: "Use this design" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await expect(page.getByRole("button", { name: "Go on to convert" })).toBeVisible({ timeout: 120_000 });
  await page.getByRole("button", { name: /^Delete spectral, dense/ }).click();
  await page.getByRole("button", { name: "Delete for good" }).blur();
  await page.getByRole("button", { name: /^Delete spectral, dense/ }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await expect(page.getByRole("button", { name: /^Delete spectral, dense/ })).toHaveCount(0);
});

test("classes are typed one after the other; the room on the disk is in sight; the button that records also stops", async ({
  limpet,
}) => {
  const { page, host } = limpet;
  test.skip(host === "electron", "once is enough: nothing of it depends on the host");
  await page.getByRole("button", { name: "Try it without hardware" }).click();
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await page.getByLabel("Name of class 3").press("Enter");
  await page.getByLabel("Name of class 4").fill("off");
  // A row that stays blank is no class.
  await page.getByLabel("Name of class 4").press("Enter");
  await expect(page.getByLabel("Name of class 5")).toBeFocused();
  await page.getByRole("button", { name: "Save goal and collect" }).click();

  await expect(page.getByText(/^45 recordings, 6 min · room for \d+ (min|h|days)$/)).toBeVisible();
  const row = page.getByRole("listitem").filter({ hasText: "off" });
  await page.getByLabel("Record", { exact: true }).selectOption("open");
  await page.getByLabel("Start", { exact: true }).selectOption("0");
  await row.getByRole("button", { name: "Record “off”" }).click();
  await expect(row.getByText(/^[1-9]\.\d s$/)).toBeVisible();
  await row.getByRole("button", { name: "Stop “off”, keep it" }).click();
  await expect(page.getByText(/^Kept \d+\.\d s of “off”/)).toBeVisible();
  await expect(row.getByText(/^1 of 20, \d+ s$/)).toBeVisible();
  await page.getByLabel("Start", { exact: true }).selectOption("10");
  await row.getByRole("button", { name: "Record “off”" }).click();
  await row.getByRole("button", { name: "Cancel “off”" }).click();
  await expect(row.getByRole("button", { name: "Record “off”" })).toBeEnabled();
});
