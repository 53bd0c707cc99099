/**
 * Pictures of every place for the documents, in one go: the motor example from start page to live answers, in light and dark, at
 * 1280x800 and 1920x1080. The app must be built (`npm run build`); PNGs are made small by pngquant where it is installed.
 *
 *   node scripts/screenshots.mjs [--out docs/screenshots] [--language de] [--sizes 1280x800,1920x1080] [--schemes light,dark]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(root, "docs/screenshots") },
    language: { type: "string", default: "en" },
    sizes: { type: "string", default: "1280x800,1920x1080" },
    schemes: { type: "string", default: "light,dark" },
  },
});
const sizes = values.sizes.split(",").map((size) => {
  const [width, height] = size.split("x").map(Number);
  return { width, height };
});
const schemes = values.schemes.split(",");
const catalogue = JSON.parse(
  readFileSync(join(root, `src-renderer/locales/${values.language}.json`), "utf8"),
);
/** A text of the window in its language, with what is filled in left open as a pattern. */
const word = (key) => catalogue[key] ?? key;
const pattern = (key) =>
  new RegExp(
    word(key)
      .split(/\{\{\w+\}\}/)
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".*"),
  );

const home = mkdtempSync(join(tmpdir(), "limpet-pictures-"));
const child = spawn(process.execPath, [join(root, "bin/limpet.mjs"), "app", "--host", "web", "--no-open"], {
  stdio: ["ignore", "pipe", "inherit"],
  env: { ...process.env, LIMPET_HOME: home, HOME: home },
});
let url = "";
for await (const line of createInterface({ input: child.stdout })) {
  url = /^Limpet is at (http:\/\/\S+)$/.exec(line)?.[1] ?? "";
  if (url !== "") break;
}
const executablePath = [process.env.LIMPET_CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);
const browser = await chromium.launch({
  executablePath,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
const page = await (
  await browser.newContext({
    viewport: sizes[0],
    locale: values.language === "en" ? "en-GB" : values.language,
  })
).newPage();
page.setDefaultTimeout(60_000);
mkdirSync(values.out, { recursive: true });

/** The path of the example's own folder says nothing to a reader. */
const STYLE = ".status .path { visibility: hidden }";

async function take(name) {
  for (const scheme of schemes) {
    const button = page.getByRole("button", {
      name: word(`${scheme === "dark" ? "Dark" : "Light"} appearance`),
    });
    if ((await button.count()) > 0) await button.first().click();
    for (const size of sizes) {
      await page.setViewportSize(size);
      await page.mouse.move(size.width / 2, 2);
      // Plots are drawn anew at another size.
      await page.waitForTimeout(500);
      const tail = `${size.width === sizes[0].width ? "" : `-${size.width}`}${scheme === "dark" ? "-dark" : ""}`;
      await page.screenshot({ path: join(values.out, `${name}${tail}.png`), style: STYLE });
    }
  }
  await page.setViewportSize(sizes[0]);
  console.log(name);
}

const press = (key, options = {}) =>
  page
    .getByRole("button", { name: word(key), exact: true })
    .last()
    .click(options);
const go = async (number) => page.keyboard.press(`Control+${number}`);

try {
  await page.goto(url);
  await page.getByRole("button", { name: word("Try it without hardware") }).waitFor();
  await take("welcome");
  await press("Try it without hardware");
  await page.getByText(pattern("connected, {{port}}")).first().waitFor();
  await press("Hide hints");
  await take("goal");
  await go(2);
  // A live signal that has filled its time.
  await page.waitForTimeout(6000);
  await take("collect");
  await page.getByText(word("As a list"), { exact: true }).click();
  await page
    .getByRole("button", { name: /^bearing-fault\.load50-2/ })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: word("Spectrogram"), exact: true }).click();
  await dialog.locator("canvas").first().waitFor();
  await page.waitForTimeout(2500);
  await page.screenshot({ path: join(values.out, "recording.png"), style: STYLE });
  await page.keyboard.press("Escape");
  await go(3);
  await page.getByText(word("Tensor shapes")).waitFor();
  await page.waitForTimeout(1500);
  await take("design");
  await press("Use this design");
  await page.getByRole("heading", { level: 1, name: word("place.train") }).waitFor();
  await press("Train");
  await page.getByRole("button", { name: word("Go on to convert") }).waitFor({ timeout: 180_000 });
  await take("train");
  await press("Go on to convert");
  await press("Convert for the board");
  await page
    .getByText(pattern("{{changed}} of {{windows}} validation windows are called differently."))
    .waitFor();
  await take("convert");
  await press("Go on to evaluate");
  await press("Test on held-back recordings");
  await page
    .getByText(pattern("{{right}} of {{windows}} right ({{accuracy}}), likely between {{low}} and {{high}}."))
    .first()
    .waitFor();
  await take("evaluate");
  await press("Go on to the board");
  await press("Write to board");
  await page
    .getByText(
      pattern("The board computed {{identical}} of {{run}} test windows exactly as this computer does."),
    )
    .waitFor({ timeout: 120_000 });
  await take("deploy");
  await press("Start live check");
  await page.getByText(word("Last 10 seconds")).waitFor();
  await page.waitForTimeout(9000);
  await take("live");
} catch (error) {
  await page.screenshot({ path: join(values.out, "failed.png") });
  throw error;
} finally {
  await browser.close();
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("exit", resolve));
  rmSync(home, { recursive: true, force: true });
}

const small = spawnSync("pngquant", ["--version"]).status === 0;
if (small) {
  spawnSync("sh", [
    "-c",
    'pngquant --force --skip-if-larger --quality 70-95 --ext .png "$0"/*.png',
    values.out,
  ]);
} else console.log("pngquant is not installed: the pictures are left as large as they are.");
