/**
 * Design, Train, Convert, Evaluate, Deploy and what belongs to the project file, beyond the straight way that the other specs take: what a test
 * tells and keeps, mistakes put right, thresholds, findings, comparison, search, job report, log, copies, an engine that is lost.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { type Limpet, ROOT, test } from "./launch.ts";
import { expectAccessible, goTo } from "./page-checks.ts";

const TWIN = join(ROOT, "resources/firmware/twin.wasm");

/** Runs the command line as a user would, with a user's folder of its own. */
function run(folder: string, ...line: string[]): string {
  const done = spawnSync(process.execPath, [join(ROOT, "bin/limpet.mjs"), ...line], {
    encoding: "utf8",
    env: { ...process.env, LIMPET_HOME: join(folder, "cli") },
  });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}

/** A project of the motor example with a model that was trained for too short a time, so that it makes mistakes; opened in the window. */
async function openTrained({ page, choose, folder }: Limpet): Promise<string> {
  test.skip(!existsSync(TWIN), "the simulated board has not been built (npm run setup)");
  const path = join(folder, "Motor.limpet");
  run(folder, "new", path, "--example", "motor");
  run(folder, "train", path, "--preset", "vibration", "--epochs", "1", "--name", "hasty");
  await choose(() => page.getByRole("button", { name: /^Open project/ }).click(), [path], "open");
  await expect(page.getByRole("heading", { level: 1, name: "Collect" })).toBeVisible();
  await page.getByRole("button", { name: "Hide hints" }).first().click();
  return path;
}

/** In both appearances. One host is enough for what a page looks like; both render the same. */
async function expectBothAccessible({ page, host }: Limpet): Promise<void> {
  if (host === "electron") return;
  // Colours that are still on their way from one appearance to the other would be measured otherwise.
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.evaluate(() => document.documentElement.setAttribute("data-mantine-color-scheme", "dark"));
  await expectAccessible(page);
  await page.evaluate(() => document.documentElement.setAttribute("data-mantine-color-scheme", "light"));
  await expectAccessible(page);
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name }).last();

test("a test's result is kept; mistakes are put right; thresholds, findings and a job report come of it", async ({
  limpet,
}) => {
  const { page, choose, folder, host } = limpet;
  const path = await openTrained(limpet);
  await goTo(page, "Evaluate");
  await button(page, "Test on held-back recordings").click();
  const verdict = page.getByText(/\d+ of \d+ right \(/);
  await expect(verdict).toBeVisible();
  const said = await verdict.textContent();
  await expect(page.getByText(/Area under the ROC curve/).first()).toBeVisible();
  await expect(page.getByRole("columnheader", { name: "AUC" })).toBeVisible();
  await expect(page.getByText(/^Each recording as a whole \(\d+\)/)).toBeVisible();

  // The worst mistake is shown large, with its signal and spectrogram; the keys go on to the next one.
  const detail = page.getByRole("region", { name: "The chosen window" });
  await expect(detail.getByRole("img", { name: /^Spectrogram of/ })).toBeVisible();
  const chosen = page.locator(".mistake[aria-current]");
  await chosen.focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(".mistake").nth(1)).toHaveAttribute("aria-current", "true");
  await expectBothAccessible(limpet);
  await detail.getByRole("button", { name: /cut the window out/ }).click();
  await expect(page.getByText(/s were cut out of “/)).toBeVisible();
  await expect(detail.getByText(/was cut or deleted since the test/)).toBeVisible();
  await page.keyboard.press("Control+z");
  await expect(detail.getByRole("img", { name: /^Spectrogram of/ })).toBeVisible();

  // Thresholds for a wanted rate of false alarms are proposed and kept with the experiment.
  await page.getByText("Thresholds", { exact: true }).click();
  const slider = page.getByRole("slider").first();
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(button(page, "Use these thresholds")).toBeEnabled();
  await expectBothAccessible(limpet);
  await button(page, "Use these thresholds").click();
  await expect(page.getByText("The thresholds are kept with “hasty”.")).toBeVisible();

  await page.getByText("How to improve it").click();
  await button(page, "Look for problems").click();
  await expect(button(page, "Look again")).toBeVisible();
  await expect(page.getByText(/^Findings \(\d+\)/)).toBeVisible();
  await expectBothAccessible(limpet);

  // Left and entered again, and then after a reload: the result is there.
  await goTo(page, "Train");
  await goTo(page, "Evaluate");
  await expect(verdict).toHaveText(said ?? "");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Collect" })).toBeVisible();
  await goTo(page, "Evaluate");
  await expect(verdict).toHaveText(said ?? "");
  await expect(page.getByText(/^Tested .*, on the converted model \(int8\)\.$/)).toBeVisible();

  // The job report is seen first, then saved; what was typed in stays text.
  await button(page, /^Job report/).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Done by").fill("Ana <b>Pires</b>");
  await dialog.getByRole("button", { name: "Make the report" }).click();
  const paper = dialog.frameLocator("iframe");
  await expect(paper.getByRole("heading", { level: 1, name: "Job report" })).toBeVisible();
  await expect(paper.getByText(/by Ana <b>Pires<\/b>/)).toBeVisible();
  await expectBothAccessible(limpet);
  const saved = join(folder, "report.html");
  await choose(() => dialog.getByRole("button", { name: "Save as a page" }).click(), [saved], "save");
  await expect(page.getByText(`Saved ${saved}.`)).toBeVisible();
  const html = readFileSync(saved, "utf8");
  expect(html).toContain("Ana &lt;b&gt;Pires&lt;/b&gt;");
  expect(html).toMatch(/<code>[0-9a-f]{64}<\/code>/);
  if (host === "electron") {
    const pdf = join(folder, "report.pdf");
    await choose(() => dialog.getByRole("button", { name: "Save as PDF" }).click(), [pdf], "save");
    await expect(page.getByText(`Saved ${pdf}.`)).toBeVisible();
    expect(readFileSync(pdf).subarray(0, 5).toString("latin1")).toBe("%PDF-");
  }
  expect(JSON.parse(run(folder, "info", path, "--json")).experiments).toHaveLength(1);
});

test("a design with plots of its features; search and comparison leave the model in hand; a board that rests between windows", async ({
  limpet,
}) => {
  const { page, host } = limpet;
  test.skip(host === "electron", "once is enough: nothing of it depends on the host");
  await openTrained(limpet);
  await goTo(page, "Design");
  await expect(page.getByText("Features of each class")).toBeVisible();
  await expect(
    page.getByRole("img", { name: /^Features of accX: one line for each class, 0 Hz to/ }),
  ).toBeVisible();
  await page.getByLabel("Learn from changed copies, too").check();
  await expect(page.getByLabel("Turned (degrees)")).toBeVisible();
  await page.getByLabel("Copies of each window").fill("1");
  await expectBothAccessible(limpet);

  await goTo(page, "Train");
  await page.getByText("With and without a sensor").click();
  await button(page, "Compare with and without accX").click();
  await expect(page.getByText(/It is needed\.|It can be left out|It does harm/)).toBeVisible();
  await expect(page.getByText("Current: hasty")).toBeVisible();
  for (const box of await page.getByRole("checkbox", { name: /side by side$/ }).all()) await box.check();
  await expect(page.getByText("Two experiments side by side")).toBeVisible();
  await button(page, "Compare on the held-back recordings").click();
  await expect(
    page.getByText(/is better, and that is hardly chance|The difference may be chance/),
  ).toBeVisible();
  // Also after the page was loaded anew.
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Collect" })).toBeVisible();
  await goTo(page, "Train");
  await expect(page.getByText("Current: hasty")).toBeVisible();

  await page.getByText("Find a better design").click();
  await page.getByLabel("How long").selectOption("30");
  await button(page, "Search").click();
  await expect(page.getByText(/^Found so far \(\d+\)/)).toBeVisible();
  // The search goes on when its place is left.
  await goTo(page, "Goal");
  await expect(page.getByRole("button", { name: /^Train.*running/ })).toBeVisible();
  await goTo(page, "Train");
  await page.getByText("Find a better design").click();
  await button(page, "Stop and keep best").click();
  await expect(page.getByText(/^Found \(\d+\)/)).toBeVisible();
  await expectBothAccessible(limpet);
  await page.getByRole("button", { name: "Use this one" }).first().click();
  await expect(page.getByText("Current: hasty")).toHaveCount(0);

  // Onto a board that shall rest between windows; its own log can be read.
  await page.keyboard.press("Control+b");
  const boards = page.getByRole("dialog", { name: "Choose a board" });
  await boards.getByRole("button", { name: /^Simulated board/ }).click();
  await boards.getByRole("button", { name: /^Connect/ }).click();
  await expect(page.getByText("connected, simulated")).toBeVisible();
  await goTo(page, "Deploy");
  await page.getByLabel("It listens").selectOption("5000");
  await page.getByLabel("imbalance").check();
  await button(page, "Write to board").click();
  await expect(page.getByText(/^The board computed (\d+) of \1 test windows exactly/)).toBeVisible();
  await button(page, "Read the board's log").click();
  await expect(page.getByText(/^\d+ windows in \d+:\d\d:\d\d of running/)).toBeVisible();
  await expectBothAccessible(limpet);
});

test("the project file's dialog, the log, and a word when the engine was started again", async ({
  limpet,
}) => {
  const { page, choose, folder, host } = limpet;
  await openTrained(limpet);
  await page.getByRole("button", { name: /^Project file / }).click();
  const dialog = page.getByRole("dialog", { name: "Project file" });
  await dialog.getByRole("button", { name: "Check the project" }).click();
  await expect(dialog.getByText(/^All is well: 45 recordings/)).toBeVisible();
  await expectBothAccessible(limpet);
  const zip = join(folder, "help.zip");
  await choose(() => dialog.getByRole("button", { name: /^Save a report/ }).click(), [zip], "save");
  await expect(page.getByText(/^Saved .*help\.zip/)).toBeVisible();
  expect(readFileSync(zip).subarray(0, 2).toString("latin1")).toBe("PK");
  await dialog.getByRole("button", { name: "Close" }).click();

  await page.keyboard.press("Control+l");
  const drawer = page.getByRole("region", { name: "Log", exact: true });
  await expect(drawer.getByText(/^Saved .*help\.zip/)).toBeVisible();
  await drawer.getByText("The engine's log").click();
  await expect(drawer.getByText("project opened").last()).toBeVisible();
  await expectBothAccessible(limpet);
  await drawer.getByRole("button", { name: "Close the log" }).click();

  test.skip(process.platform === "win32", "no ps on this system to find the engine by");
  const engine = engineOf(process.pid);
  expect(engine, `an engine's process under the ${host} host`).not.toBeNull();
  process.kill(engine ?? 0, "SIGKILL");
  await expect(page.getByText("The engine was started again; the window is connected to it.")).toBeVisible();
  await expect(page.getByText("45 recordings").first()).toBeVisible();
  await goTo(page, "Train");
  await expect(page.getByText("Current: hasty")).toBeVisible();
});

/** The engine's process among the descendants of another, null where there is none. */
function engineOf(ancestor: number): number | null {
  const rows = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null)
    .map(([, pid, parent, command = ""]) => ({ pid: Number(pid), parent: Number(parent), command }));
  const family = new Set([ancestor]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of rows) {
      if (family.has(parent) && !family.has(pid)) {
        family.add(pid);
        grown = true;
      }
    }
  }
  const found = rows.find(
    ({ pid, command }) => family.has(pid) && /engine-process|NodeService/.test(command),
  );
  return found?.pid ?? null;
}
