/**
 * `npm run bench:window`: how fluent the window is. A list of 20,000 recordings is opened and scrolled (frames a second, time from
 * opening to the first row); then 16 kHz sound and three axes at 1.6 kHz are shown live, with spectrogram, and recorded (share of a core that
 * the page's process takes, samples lost). The window is the real one in Chromium, the engine the real one in its own process.
 *
 *   node bench/window.ts [--minutes 10] [--recordings 20000] [--scroll-seconds 10] [--no-list] [--no-live] [--files FOLDER]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Browser, chromium, type Page } from "@playwright/test";
import { ProjectFile } from "../src-main/dataset/project-file.ts";
import { startWebHost } from "../src-main/hosts/web/web-host.ts";
import { makeManyRecordings } from "./many-recordings.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    recordings: { type: "string", default: "20000" },
    "scroll-seconds": { type: "string", default: "10" },
    "no-list": { type: "boolean", default: false },
    "no-live": { type: "boolean", default: false },
    /** Folder of the built interface, where it is not dist/renderer. */
    files: { type: "string" },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), "limpet-window-"));
process.env.LIMPET_HOME = folder;

/** Sorted copy's value below which a share of all lie. */
const quantile = (all: readonly number[], share: number): number =>
  [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * share))] ?? 0;

async function withWindow<T>(work: (page: Page, browser: Browser) => Promise<T>): Promise<T> {
  const host = await startWebHost({ port: 0, userFolder: folder, files: values.files });
  const browser = await chromium.launch({
    executablePath: process.env.LIMPET_CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(120_000);
    await page.goto(host.url);
    return await work(page, browser);
  } finally {
    await browser.close();
    await host.close();
  }
}

/** Opens a project by the dialog; the time at which "Open" was pressed there. */
async function openProject(page: Page, path: string): Promise<number> {
  await page.getByRole("button", { name: /^Open project/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: /^Folder/ }).fill(path);
  const began = performance.now();
  await dialog.getByRole("button", { name: "Open", exact: true }).click();
  return began;
}

/** Scrolls by `pixels` at each frame; the times between frames, milliseconds. */
const scrolled = (page: Page, seconds: number, pixels: number): Promise<number[]> =>
  page.evaluate(
    ([length, step]) =>
      new Promise<number[]>((resolve) => {
        const list = document.querySelector<HTMLElement>(".recordings");
        if (list === null) throw new Error("there is no list");
        const times: number[] = [];
        const end = performance.now() + length * 1000;
        let direction = 1;
        const frame = (now: number): void => {
          times.push(now);
          const top = list.scrollTop;
          list.scrollTop += step * direction;
          if (list.scrollTop === top) direction = -direction;
          if (now < end) requestAnimationFrame(frame);
          else resolve(times.slice(1).map((time, index) => time - (times[index] ?? 0)));
        };
        requestAnimationFrame(frame);
      }),
    [seconds, pixels] as const,
  );

async function listBench(): Promise<void> {
  const count = Number(values.recordings);
  const path = join(folder, "Large.limpet");
  await makeManyRecordings(path, count);
  await withWindow(async (page, browser) => {
    const began = await openProject(page, path);
    await page.getByRole("heading", { level: 1, name: "Collect" }).waitFor();
    await page.getByText("As a list").click();
    await page.locator(".recording").first().waitFor();
    say(
      `${count} recordings: from “Open” to the first row of the list ${((performance.now() - began) / 1000).toFixed(2)} s`,
    );
    for (const [name, pixels] of [
      ["reading (1,800 rows a minute)", 28],
      ["quickly (5,800 rows a minute)", 90],
      ["in a rush (64,000 rows a minute)", 1000],
    ] as const) {
      const before = await processorSeconds(browser);
      const times = await scrolled(page, Number(values["scroll-seconds"]), pixels);
      const after = await processorSeconds(browser);
      const total = times.reduce((sum, time) => sum + time, 0) / 1000;
      const share = Math.round(((after.page - before.page) / total) * 100);
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
      say(
        `  scrolled ${name}: ${(1000 / mean).toFixed(1)} frames/s, 95 % of frames within ${quantile(times, 0.95).toFixed(1)} ms, longest ${Math.max(...times).toFixed(0)} ms; page's process ${share} % of a core`,
      );
    }
  });
}

type Processes = { readonly page: number; readonly drawing: number };

/** Processor seconds of the page's process and of the one that draws for it. */
async function processorSeconds(browser: Browser): Promise<Processes> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const of = (type: string): number =>
    processInfo.filter((one) => one.type === type).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  return { page: of("renderer"), drawing: of("GPU") };
}

async function liveBench(): Promise<void> {
  const source = fork(join(import.meta.dirname, "window-source.ts"), [], { execArgv: ["--no-warnings"] });
  const [{ port }] = (await once(source, "message")) as [{ port: string }];
  const path = join(folder, "Live.limpet");
  ProjectFile.create(path).close();
  const seconds = Number(values.minutes) * 60;
  try {
    await withWindow(async (page, browser) => {
      await openProject(page, path);
      await page.getByRole("heading", { level: 1, name: "Goal" }).waitFor();
      for (const [index, name] of ["on", "off"].entries()) {
        await page.getByRole("button", { name: "Add a class" }).click();
        await page.getByLabel(`Name of class ${index + 1}`).fill(name);
      }
      await page.getByRole("button", { name: "Save goal and collect" }).click();
      await page.keyboard.press("Control+b");
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: /^Another port/ }).click();
      await dialog.getByLabel("Port", { exact: true }).fill(port);
      await dialog.getByRole("button", { name: "Connect", exact: true }).click();
      await dialog.waitFor({ state: "hidden" });
      await page.getByLabel("Sensor", { exact: true }).selectOption("microphone");
      await page.getByLabel("Start", { exact: true }).selectOption("0");
      await page.getByLabel("Record", { exact: true }).selectOption("open");
      await page.getByRole("button", { name: "Record “on”" }).click();
      await page.getByText("Recording “on”").waitFor();
      for (const view of ["trace", "trace and spectrogram"] as const) {
        if (view !== "trace") await page.getByRole("button", { name: "Spectrogram", exact: true }).click();
        const before = await processorSeconds(browser);
        const began = performance.now();
        await page.waitForTimeout((seconds / 2) * 1000);
        const after = await processorSeconds(browser);
        const passed = (performance.now() - began) / 1000;
        const share = (to: number, from: number): string => (((to - from) / passed) * 100).toFixed(1);
        say(
          `live ${view}, recording, ${(passed / 60).toFixed(1)} min: page's process ${share(after.page, before.page)} % of a core, drawing process ${share(after.drawing, before.drawing)} %`,
        );
      }
      await page.getByRole("button", { name: "Stop and keep" }).click();
      await page.getByText(/^Kept/).waitFor();
    });
    const project = ProjectFile.open(path);
    const [recording] = project.recordings();
    project.close();
    const streams = (recording?.streams ?? []).map(
      ({ sensor, samples, lostSamples }) => `${sensor} ${samples} samples, ${lostSamples} lost`,
    );
    say(`recorded ${recording?.seconds.toFixed(1)} s: ${streams.join("; ")}`);
  } finally {
    source.disconnect();
  }
}

try {
  say(`${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)} before the start`);
  if (!values["no-list"]) await listBench();
  if (!values["no-live"]) await liveBench();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
