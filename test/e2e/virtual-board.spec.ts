/** A recording from a board: the virtual one, whose sensor measures a file from disk at its true rate. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { ROOT, test } from "./launch.ts";

const FIRMWARE = join(ROOT, "resources/firmware/virtual.elf");

test("the virtual board measures a file from disk, and the recording is kept without loss", async ({
  limpet,
}) => {
  test.skip(!existsSync(FIRMWARE), "the virtual board has not been built (npm run setup)");
  const { page, choose, folder } = limpet;
  const lines = ["timestamp,accX,accY,accZ"];
  for (let i = 0; i < 2000; i++) {
    lines.push(`${i * 5},${Math.sin(i / 3).toFixed(4)},${Math.cos(i / 3).toFixed(4)},1`);
  }
  const signal = join(folder, "pump.csv");
  writeFileSync(signal, `${lines.join("\n")}\n`);
  await choose(
    () => page.getByRole("button", { name: /^New project/ }).click(),
    [join(folder, "Pump.limpet")],
    "save",
  );
  for (const [index, name] of ["running", "blocked"].entries()) {
    await page.getByRole("button", { name: "Add a class" }).click();
    await page.getByLabel(`Name of class ${index + 1}`).fill(name);
  }
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  await page.getByRole("button", { name: /No board/ }).click();
  await page.getByRole("button", { name: /^Virtual board/ }).click();
  await choose(() => page.getByRole("button", { name: "Choose signal files…" }).click(), [signal], "open");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(page.getByText("connected, virtual")).toBeVisible({ timeout: 60_000 });
  await page.getByLabel("Countdown").selectOption("0");
  await page.getByLabel("Seconds").fill("3");
  await page.getByRole("button", { name: "Record “running”" }).click();
  await expect(page.getByText("Kept 3.0 s of “running”, 0 samples lost.")).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("1 recording, 3 s")).toBeVisible();
});
