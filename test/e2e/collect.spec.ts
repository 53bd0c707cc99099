/** Collect in its depth: files by drop, cutting, bulk edits, other projects, sound, what is wrong with a board, plans and hands-free starts. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { type Limpet, ROOT, test } from "./launch.ts";
import { expectAccessible, goTo, takePicture } from "./page-checks.ts";

const RATE = 200;

/** A recording of one axis that rests and swings by `swing` in these stretches of seconds. */
function writeSignal(
  path: string,
  seconds: number,
  swing: number,
  stretches: readonly (readonly [number, number])[],
): string {
  const lines = ["timestamp,accX"];
  for (let i = 0; i < seconds * RATE; i++) {
    const t = i / RATE;
    const strong = stretches.some(([from, to]) => t >= from && t < to);
    const value = (strong ? swing : 0.004) * Math.sin(2 * Math.PI * 23 * t) + 0.002 * Math.sin(i * 7.7);
    lines.push(`${i * 5},${value.toFixed(5)}`);
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

async function newProject(
  { page, folder, choose }: Limpet,
  name: string,
  classes: readonly string[],
): Promise<void> {
  await choose(
    () => page.getByRole("button", { name: /^New project/ }).click(),
    [join(folder, `${name}.limpet`)],
    "save",
  );
  for (const [index, label] of classes.entries()) {
    await page.getByRole("button", { name: "Add a class" }).click();
    await page.getByLabel(`Name of class ${index + 1}`).fill(label);
  }
  await page.getByRole("button", { name: "Save goal and collect" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Collect" })).toBeVisible();
}

/** Files held over the window and let go there, as from the system's own file list. */
async function drop(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 700, y: 300, data });
  await expect(page.getByText("Drop recordings to import them")).toBeVisible();
  await session.send("Input.dispatchDragEvent", { type: "drop", x: 700, y: 300, data });
  await session.detach();
}

/** Answers a dialog for a folder. */
async function chooseFolder(
  { page, host, choose }: Limpet,
  open: () => Promise<void>,
  path: string,
): Promise<void> {
  if (host === "electron") return choose(open, [path], "open");
  await open();
  const dialog = page.getByRole("dialog").last();
  await dialog.getByRole("textbox", { name: /^Folder/ }).fill(path);
  await dialog.getByRole("button", { name: "Open", exact: true }).click();
  await dialog.getByRole("button", { name: "Choose", exact: true }).click();
}

const closeNotices = async (page: Page): Promise<void> => {
  const close = page.locator(".notices").getByRole("button", { name: "Close", exact: true });
  for (let count = await close.count(); count > 0; count = await close.count()) await close.first().click();
};

test("dropped files become recordings; a recording is heard, cut by energy and by hand, and every edit is taken back", async ({
  limpet,
}) => {
  const { page, folder } = limpet;
  await newProject(limpet, "Press", ["stroke", "rest"]);
  await drop(page, [
    writeSignal(join(folder, "stroke.1.csv"), 10, 0.5, [
      [2, 3.5],
      [6, 7.2],
    ]),
    join(ROOT, "package.json"),
  ]);
  await expect(page.getByText("1 imported, 1 left out.")).toBeVisible();

  await page.getByRole("button", { name: "Open stroke.1, 10.0 s" }).click();
  const dialog = page.getByRole("dialog");
  // What is played goes to the loudspeaker as one buffer: its length and speed say that it is this recording, made audible.
  await page.evaluate(() => {
    const heard: { seconds: number; hertz: number }[] = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (...when) {
      if (this.buffer !== null) heard.push({ seconds: this.buffer.duration, hertz: this.buffer.sampleRate });
      start.apply(this, when);
    };
    Object.assign(window, { heard });
  });
  await dialog.getByRole("button", { name: "Play 16 times faster" }).click();
  await expect
    .poll(() =>
      page.evaluate(() => (window as unknown as { heard: { seconds: number }[] }).heard[0]?.seconds),
    )
    .toBeCloseTo(10 / 16, 2);
  await expect(dialog.getByRole("button", { name: "Play 16 times faster" })).toBeVisible();

  await dialog.getByRole("button", { name: "Find where something goes on…" }).click();
  await expect(dialog.getByText(/^2 stretches, 3\.\d s in all/)).toBeVisible();
  await expectAccessible(page);
  await takePicture(limpet, "stretches");
  await dialog.getByRole("button", { name: "Cut into 2" }).click();
  await expect(page.getByText("Cut into 2 recordings.")).toBeVisible();
  await expect(dialog.getByText("stroke.1.1", { exact: true }).first()).toBeVisible();

  // By keys alone: half of it is marked and kept.
  const wave = dialog.getByRole("region", { name: /^Waveform of/ });
  await wave.focus();
  await page.keyboard.press("[");
  for (let i = 0; i < 3; i++) await page.keyboard.press("Shift+ArrowRight");
  await expect(dialog.getByText(/^Marked:/)).toBeVisible();
  await dialog.getByRole("button", { name: "Keep only this" }).click();
  await expect(page.getByText(/^Trimmed to/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("2 of 20, 2 s")).toBeVisible();
  await closeNotices(page);
  for (const left of ["2 of 20, 3 s", "1 of 20, 10 s"]) {
    await page.keyboard.press("Control+z");
    await expect(page.getByText(left)).toBeVisible();
  }
  await page.keyboard.press("Control+Shift+z");
  await expect(page.getByText("2 of 20, 3 s")).toBeVisible();
});

test("many recordings are changed at once, a colleague's project is added, and all of it is written to files", async ({
  limpet,
}) => {
  const { page, folder, choose } = limpet;
  const files = [1, 2, 3].map((take) =>
    writeSignal(join(folder, `idle.${take}.csv`), 3, 0.1 * take, [[1, 2]]),
  );
  const other = join(folder, "Colleague.limpet");
  const more = [4, 5].map((take) =>
    writeSignal(join(folder, `busy.${take}.csv`), 3, 0.1 * take, [[0.5, 2.5]]),
  );
  const limpetAt = (...args: string[]): void => {
    execFileSync(process.execPath, [join(ROOT, "bin/limpet.mjs"), ...args], {
      env: { ...process.env, LIMPET_HOME: folder },
      stdio: "ignore",
    });
  };
  limpetAt("new", other);
  limpetAt("import", other, ...more, files[0] ?? "");

  await newProject(limpet, "Pump", ["idle", "busy"]);
  await choose(() => page.getByRole("button", { name: "Import files…" }).click(), files, "open");
  await expect(page.getByText("3 imported, 0 left out.")).toBeVisible();
  await page.getByRole("button", { name: "More ways in and out" }).click();
  await choose(
    () => page.getByRole("menuitem", { name: "Add recordings from another project…" }).click(),
    [other],
    "open",
  );
  await expect(page.getByText("2 recordings came from Colleague.limpet; 1 were here already.")).toBeVisible();
  await expect(page.getByText("5 recordings, 15 s")).toBeVisible();

  await page.getByRole("button", { name: "Hold back recordings" }).click();
  await expect(page.getByText(/to learn from/)).toBeVisible();
  await page.getByText("As a list").click();
  await page.getByLabel("Search recordings").fill("idle");
  await page.getByLabel(/^Choose all 3/).click();
  await page.getByRole("button", { name: "Set group…" }).click();
  await page.getByRole("dialog").getByLabel("Group (machine, day, session)").fill("Monday");
  await page.getByRole("dialog").getByRole("button", { name: "Set", exact: true }).click();
  await expect(page.getByText("3 recordings in group “Monday”.")).toBeVisible();
  await page.getByLabel("Put into", { exact: true }).selectOption("test");
  await expect(page.getByText("3 recordings put into: test.")).toBeVisible();
  await page.getByLabel("Change the class to").selectOption("busy");
  await expect(page.getByText("3 recordings now “busy”.")).toBeVisible();
  await page.getByLabel("Search recordings").fill("");
  await page.getByLabel("Show the group").selectOption("Monday");
  await expect(page.locator(".recording")).toHaveCount(3);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(page.getByText("3 recordings deleted.")).toBeVisible();
  await expect(page.getByText("2 recordings, 6 s")).toBeVisible();
  await closeNotices(page);
  await page.keyboard.press("Control+z");
  await expect(page.getByText("5 recordings, 15 s")).toBeVisible();
  await page.getByRole("button", { name: "Show all" }).click();

  // Machine and place are kept with a recording, and found again.
  await page.getByRole("button", { name: "idle.1", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Machine" }).fill("Pump 3");
  await dialog.getByLabel("Where the board sits").fill("drive end");
  await dialog.getByLabel("Notes").fill("new bearing");
  const photo = join(ROOT, "resources/icons/icon.png");
  const add = (): Promise<void> => dialog.getByRole("button", { name: "Add a photo of the place" }).click();
  if (limpet.host === "electron") await choose(add, [photo], "open");
  else {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), add()]);
    await chooser.setFiles(photo);
  }
  await expect(
    dialog.getByRole("button", { name: "Show the photo of the place" }).locator("img"),
  ).toBeVisible();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByLabel("Search recordings").fill("pump bearing drive");
  await expect(page.locator(".recording")).toHaveCount(1);

  const out = join(folder, "written");
  mkdirSync(out);
  await page.getByRole("button", { name: "More ways in and out" }).click();
  await chooseFolder(
    limpet,
    () => page.getByRole("menuitem", { name: "As CSV files with time in ms…" }).click(),
    out,
  );
  await expect(page.getByText(/^5 files written to/)).toBeVisible();
  expect(readdirSync(out, { recursive: true }).filter((name) => String(name).endsWith(".csv"))).toHaveLength(
    5,
  );
});

test("a board that cannot be used is told with its reason and one next step; one that only prints numbers is recorded", async ({
  limpet,
}) => {
  const { page } = limpet;
  const sockets = new Set<Socket>();
  const busy = createServer((socket) => socket.destroy());
  const printer = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let line = 0;
    const began = performance.now();
    const timer = setInterval(() => {
      for (; line < (performance.now() - began) / 10; line++)
        socket.write(`accX:${Math.sin(line / 3).toFixed(3)},accY:${(line % 7) / 10}\n`);
    }, 20);
    socket.on("close", () => clearInterval(timer));
  });
  const portOf = async (server: typeof busy): Promise<string> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  try {
    await newProject(limpet, "Fan", ["on", "off"]);
    await page.keyboard.press("Control+b");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /^Another port/ }).click();
    const connectTo = async (port: string): Promise<void> => {
      await dialog.getByLabel("Port", { exact: true }).fill(port);
      await dialog.getByRole("button", { name: /^(Connect|Try again)$/ }).click();
    };
    await connectTo(await portOf(busy));
    await expect(
      dialog
        .getByRole("alert")
        .getByText(/closed the connection at once/)
        .first(),
    ).toBeVisible();
    await expect(dialog.locator("[data-cause=busy]").getByText(/End that one/)).toBeVisible();
    await expectAccessible(page);
    await connectTo(limpet.folder.includes("\\") ? "COM253" : "/dev/ttyACM253");
    await expect(dialog.locator("[data-cause=charge-only], [data-cause=driver]").first()).toBeVisible();
    await expect(dialog.getByText("If that does not help")).toBeVisible();
    await takePicture(limpet, "connection-doctor");

    await connectTo(await portOf(printer));
    await expect(dialog).toBeHidden();
    await expect(page.getByText("Board that prints numbers (accX, accY)").first()).toBeVisible();
    await page.getByLabel("Seconds").fill("1");
    await page.getByLabel("Start", { exact: true }).selectOption("0");
    await page.getByRole("button", { name: "Record “on”" }).click();
    await expect(page.getByText("1 of 20, 1 s")).toBeVisible();
  } finally {
    for (const socket of sockets) socket.destroy();
    busy.close();
    printer.close();
  }
});

test("a recording waits for the signal, a plan for the user, keys do it all, and the live spectrogram is there", async ({
  limpet,
}) => {
  const { page, folder, choose } = limpet;
  const signal = writeSignal(join(folder, "press.csv"), 6, 0.8, [[4, 6]]);
  await newProject(limpet, "Press", ["stroke", "rest"]);
  await page.keyboard.press("Control+b");
  const dialog = page.getByRole("dialog").filter({ hasText: "Choose a board" });
  await dialog.getByRole("button", { name: /^Simulated board/ }).click();
  await choose(() => dialog.getByRole("button", { name: "Choose signal files…" }).click(), [signal], "open");
  await dialog.getByRole("button", { name: /^Connect/ }).click();
  await expect(dialog).toBeHidden();

  await page.getByRole("button", { name: "Spectrogram", exact: true }).click();
  await expect(page.getByRole("img", { name: /^Live spectrogram of accX/ })).toBeVisible();
  await page.getByLabel("Record", { exact: true }).selectOption("plan");
  await page.getByLabel("Of each class").fill("1");
  await page.getByLabel("Seconds").fill("1");
  await page.getByLabel("Start", { exact: true }).selectOption("level");
  await page.getByLabel(/^Level \(/).fill("0.3");
  await expect(page.getByText(/^2 recordings left/)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Record the plan" }).click();
  await expect(page.getByText("Next: “stroke”. Bring the machine into that state.")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Ready, go on" }).click();
  // Whichever part of the signal is playing: sooner or later it is strong, and the recording made itself.
  await expect(page.getByText("Next: “rest”. Bring the machine into that state.")).toBeVisible();
  await expect(page.getByText(/^Kept 1\.0 s of “stroke”, 0 samples lost/)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Record the plan" })).toBeVisible();
  await expect(page.getByText("1 of 1", { exact: true })).toBeVisible();

  // What waits for a level that never comes is let go by Escape, and leaves nothing behind.
  await page.getByLabel("Record", { exact: true }).selectOption("fixed");
  await page.getByLabel(/^Level \(/).fill("50");
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("2");
  await expect(page.getByText("Waiting for the signal: “rest”")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("Record", { exact: true })).toBeVisible();
  await expect(page.getByText("1 recording, 1 s")).toBeVisible();

  await page.getByLabel("Start", { exact: true }).selectOption("0");
  await page.getByLabel("Record", { exact: true }).selectOption("open");
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("r");
  await expect(page.getByText("Recording “rest”")).toBeVisible();
  await expect(page.getByLabel("Health of the signal")).toBeVisible();
  await page.keyboard.press("r");
  await expect(page.getByText("2 recordings,", { exact: false })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog").getByText("Record that class")).toBeVisible();
  await page.keyboard.press("Escape");
  await goTo(page, "Goal");
});
