/**
 * The whole job against the virtual board, which is the real firmware in QEMU: its sensor measures files from disk at their true
 * rate; recordings, training, conversion, test, deployment and the board's own answers.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { type Limpet, ROOT, test } from "./launch.ts";
import { goTo } from "./page-checks.ts";

const FIRMWARE = join(ROOT, "resources/firmware/virtual.elf");
const RATE = 200;

/** A pump in one of two states: 30 s of three axes; the blocked one shakes at another frequency and more. */
function writeSignal(path: string, state: "running" | "blocked"): void {
  const [hertz, swing] = state === "running" ? [12, 0.15] : [31, 0.5];
  const lines = ["timestamp,accX,accY,accZ"];
  let noise = state === "running" ? 1 : 7;
  const random = (): number => {
    noise = (noise * 1_103_515_245 + 12_345) % 2_147_483_648;
    return noise / 2_147_483_648 - 0.5;
  };
  for (let i = 0; i < 30 * RATE; i++) {
    const turn = 2 * Math.PI * hertz * (i / RATE);
    const values = [
      swing * Math.sin(turn) + 0.05 * random(),
      swing * Math.cos(turn) + 0.05 * random(),
      1 + 0.03 * random(),
    ];
    lines.push([i * (1000 / RATE), ...values.map((value) => value.toFixed(4))].join(","));
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
}

async function connectVirtual({ page, choose }: Limpet, signal: string): Promise<void> {
  await page.keyboard.press("Control+b");
  const boards = page.getByRole("dialog", { name: "Choose a board" });
  await boards.getByRole("button", { name: /^Virtual board/ }).click();
  await choose(() => boards.getByRole("button", { name: "Choose signal files…" }).click(), [signal], "open");
  await boards.getByRole("button", { name: /^Connect/ }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(page.getByText("connected, virtual")).toBeVisible();
}

test("the seven steps on the virtual board: measure, learn, convert, test, deploy, and the board answers", async ({
  limpet,
}) => {
  test.skip(!existsSync(FIRMWARE), "the virtual board has not been built (npm run setup)");
  const { page, choose, folder } = limpet;
  const signals = { running: join(folder, "running.csv"), blocked: join(folder, "blocked.csv") } as const;
  writeSignal(signals.running, "running");
  writeSignal(signals.blocked, "blocked");

  // 1 Goal
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

  // 2 Collect: three recordings of each state in turn, without a lost sample.
  for (const [state, other] of [
    ["running", 0],
    ["blocked", 3],
  ] as const) {
    await connectVirtual(limpet, signals[state]);
    await page.getByRole("combobox", { name: "Record", exact: true }).selectOption("series");
    await page.getByLabel("How many").fill("3");
    await page.getByLabel("Seconds").fill("2");
    await page.getByLabel("Start", { exact: true }).selectOption("0");
    await page.getByRole("button", { name: `Record “${state}”` }).click();
    await expect(page.getByText(`${other + 3} recordings, ${(other + 3) * 2} s`)).toBeVisible();
    await expect(page.getByText(`Kept 2.0 s of “${state}”, 0 samples lost.`).first()).toBeVisible();
  }
  await page.getByRole("button", { name: "Hold back recordings" }).click();
  await expect(page.getByText(/to learn from/)).toBeVisible();

  // 3 Design: the recommended one fits what was measured.
  await goTo(page, "Design");
  await expect(page.getByRole("button", { name: /Vibration fits your recordings/ })).toBeVisible();
  await expect(page.getByText("Tensor shapes")).toBeVisible();
  await page.getByRole("button", { name: "Use this design" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Train" })).toBeVisible();

  // 4 Train, 5 Convert, 6 Evaluate: in the twin, then on the board itself, with the same answer.
  await page.getByRole("button", { name: "Train", exact: true }).last().click();
  await page.getByRole("button", { name: "Go on to convert" }).click();
  await page.getByRole("button", { name: "Convert for the board" }).click();
  await page.getByRole("button", { name: "Go on to evaluate" }).click();
  await page.getByRole("button", { name: "Test on held-back recordings" }).click();
  const verdict = page.getByText(/\d+ of \d+ right \(/);
  await expect(verdict).toBeVisible();
  const inTwin = await verdict.textContent();
  expect(inTwin).toMatch(/^(\d+) of \1 right/);

  // 7 Deploy and live: the board measures the blocked pump and says so.
  await page.getByRole("button", { name: "Go on to the board" }).click();
  await page.getByRole("button", { name: "Write to board" }).click();
  await expect(page.getByText(/^The board computed (\d+) of \1 test windows exactly/)).toBeVisible();
  await goTo(page, "Evaluate");
  await page.getByLabel("Test on").selectOption("board");
  await page.getByRole("button", { name: "Test again" }).click();
  await expect(verdict).toHaveText(inTwin ?? "");
  await goTo(page, "Deploy");
  await page.getByRole("button", { name: "Start live check" }).click();
  await expect(page.locator(".now [role=status]")).toHaveText(/blocked/);
  await page.getByRole("button", { name: "Stop live check" }).click();
});

test("a board that is not there is named with what to check, and trying again is one click", async ({
  limpet,
}) => {
  const { page, choose, folder } = limpet;
  await choose(
    () => page.getByRole("button", { name: /^New project/ }).click(),
    [join(folder, "None.limpet")],
    "save",
  );
  await expect(page.getByRole("heading", { level: 1, name: "Goal" })).toBeVisible();
  await page.keyboard.press("Control+b");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /^Another port/ }).click();
  await dialog.getByLabel("Port", { exact: true }).fill(join(folder, "no-such-port"));
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("There is no board at");
  await dialog.getByText("If that does not help").click();
  await expect(dialog.getByRole("list", { name: /^What to check/ })).toContainText("only charge");
  await expect(dialog.getByRole("button", { name: "Try again" })).toBeEnabled();
});
