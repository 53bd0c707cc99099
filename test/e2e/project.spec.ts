/** The part of the way that needs neither board nor training: a project, its goal, recordings from files, what is held back. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { type Limpet, test } from "./launch.ts";
import { expectAccessible, goTo, PLACES, takePicture } from "./page-checks.ts";

/** Four recordings of each of two machines: 4 s at 200 Hz, three axes, the imbalance once a turn. */
function writeRecordings(folder: string): string[] {
  const paths: string[] = [];
  for (const [label, swing] of [
    ["running", 0.1],
    ["unbalanced", 0.8],
  ] as const) {
    for (let take = 1; take <= 4; take++) {
      const lines = ["timestamp,accX,accY,accZ"];
      for (let i = 0; i < 800; i++) {
        const turn = 2 * Math.PI * (10 + take / 10) * (i / 200);
        const hum = 0.05 * Math.sin(turn * 3.1 + take);
        const values = [swing * Math.sin(turn) + hum, swing * Math.cos(turn) - hum, 1 + hum];
        lines.push([i * 5, ...values.map((value) => value.toFixed(4))].join(","));
      }
      const path = join(folder, `${label}.${take}.csv`);
      writeFileSync(path, `${lines.join("\n")}\n`);
      paths.push(path);
    }
  }
  return paths;
}

async function makeProject({ page, folder, choose }: Limpet): Promise<void> {
  await choose(
    () => page.getByRole("button", { name: /^New project/ }).click(),
    [join(folder, "Fan.limpet")],
    "save",
  );
  await expect(page.getByRole("heading", { level: 1, name: "Goal" })).toBeVisible();
  for (const [index, name] of ["running", "unbalanced"].entries()) {
    await page.getByRole("button", { name: "Add a class" }).click();
    await page.getByLabel(`Name of class ${index + 1}`).fill(name);
  }
}

test("a project goes from its goal to recordings that are split, relabelled, deleted and brought back", async ({
  limpet,
}) => {
  const { page, choose, folder } = limpet;
  await makeProject(limpet);
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  await expect(page.getByText("No recordings yet.", { exact: false })).toBeVisible();

  await choose(
    () => page.getByRole("button", { name: "Import files…" }).first().click(),
    writeRecordings(folder),
    "open",
  );
  await expect(page.getByText("8 imported, 0 left out.")).toBeVisible();
  await page.getByRole("button", { name: "Hold back recordings" }).click();
  await expect(page.getByText(/to learn from/)).toBeVisible();

  await page.getByRole("button", { name: "Open running.1, 4.0 s" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("Shown: 0.00 to 4.00 s")).toBeVisible();
  await dialog.getByRole("button", { name: "Zoom in" }).click();
  await expect(dialog.getByText("Shown: 0.80 to 3.20 s")).toBeVisible();
  await dialog.getByRole("button", { name: /^unbalanced/ }).click();
  await dialog.getByRole("button", { name: "Done" }).click();
  await expect(page.getByText("3 of 20, 12 s")).toBeVisible();
  await expect(page.getByText("5 of 20, 20 s")).toBeVisible();

  await page.getByRole("button", { name: "Open unbalanced.4, 4.0 s" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByText("7 recordings, 28 s")).toBeVisible();
  await page.getByRole("button", { name: "Undo (Ctrl+Z)" }).last().click();
  await expect(page.getByText("8 recordings, 32 s")).toBeVisible();
});

test("a file that is no recording is named with its reason and changes nothing", async ({ limpet }) => {
  const { page, choose, folder } = limpet;
  await makeProject(limpet);
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  const path = join(folder, "broken.csv");
  writeFileSync(path, "timestamp,accX\n0,1\n5,two\n");
  await choose(() => page.getByRole("button", { name: "Import files…" }).first().click(), [path], "open");
  await expect(page.getByText(/broken\.csv/).first()).toBeVisible();
  await expect(page.getByText("0 recordings, 0 s")).toBeVisible();
});

test("a goal of one class or of two with one name is not saved, and says why", async ({ limpet }) => {
  const { page } = limpet;
  await makeProject(limpet);
  await page.getByLabel("Name of class 2").fill("running");
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  await expect(page.getByRole("status").getByText(/Two classes are both called “running”/)).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Goal" })).toBeVisible();
});

test("every page passes axe in light and dark, and keys reach every place", async ({ limpet }) => {
  const { page, choose, folder } = limpet;
  await page.getByRole("button", { name: /^New project/ }).waitFor();
  await expectAccessible(page);
  await takePicture(limpet, "welcome");
  await page.getByRole("button", { name: "Dark appearance" }).click();
  await expectAccessible(page);
  await takePicture(limpet, "welcome-dark");
  await page.getByRole("button", { name: "Light appearance" }).click();
  await makeProject(limpet);
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  await choose(
    () => page.getByRole("button", { name: "Import files…" }).first().click(),
    writeRecordings(folder),
    "open",
  );
  // The notice's own: the file chooser, which has one too, may still be fading out.
  await page.locator("#place").getByRole("button", { name: "Close", exact: true }).click();
  for (const scheme of ["", "-dark"]) {
    if (scheme !== "") await page.getByRole("button", { name: "Dark appearance" }).click();
    for (const place of PLACES) {
      await goTo(page, place);
      await expectAccessible(page);
    }
    await goTo(page, "Collect");
    await page.getByRole("button", { name: "Open running.1, 4.0 s" }).click();
    await expect(page.getByRole("dialog").getByText(/200 Hz/)).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
  }
});

test("Tab reaches device, steps and the page's action, each with a visible focus", async ({ limpet }) => {
  const { page } = limpet;
  await makeProject(limpet);
  await page.getByRole("button", { name: "Goal", exact: false }).first().focus();
  const reached = new Set<string>();
  for (let i = 0; i < 45; i++) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      return {
        text: element.textContent ?? "",
        outline: getComputedStyle(element).outlineStyle,
        body: element === document.body,
      };
    });
    if (focus.body) continue;
    expect(focus.outline, focus.text).not.toBe("none");
    reached.add(focus.text);
  }
  expect([...reached].some((text) => text.includes("Save goal and collect"))).toBe(true);
  expect([...reached].some((text) => text.includes("Deploy"))).toBe(true);
});

test("a folder that was typed and not opened is opened first, and nothing is saved in another one", async ({
  limpet,
}) => {
  const { page, folder, host } = limpet;
  test.skip(host === "electron", "Electron has the system's own dialog");
  const there = join(folder, "over there");
  mkdirSync(there);
  await page.getByRole("button", { name: /^New project/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Folder", exact: true }).fill(join(folder, "nowhere"));
  await dialog.getByRole("button", { name: "Save here" }).click();
  await expect(dialog.getByText(/cannot be read/)).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Save here" })).toBeDisabled();
  await dialog.getByRole("textbox", { name: "Folder", exact: true }).fill(there);
  await dialog.getByRole("button", { name: "Save here" }).click();
  await expect(dialog.getByText(/cannot be read/)).toHaveCount(0);
  await dialog.getByRole("button", { name: "Save here" }).click();
  await expect(
    page.getByRole("button", { name: `Project file ${join(there, "My machine.limpet")}` }),
  ).toBeVisible();
});
