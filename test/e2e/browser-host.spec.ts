/** The web host as a real browser sees it, without the interface: the handshake, a reload, and what a foreign page can do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, expect, type Page, test } from "@playwright/test";
import { startWebHost, type WebHost } from "../../src-main/hosts/web/web-host.ts";
import { findChromium } from "./launch.ts";

let folder = "";
let host: WebHost;
let foreign: Server;
let browser: Browser;
let page: Page;

/** What the interface's connection does, in its shortest form: one request, its answer as the page's text. */
const SCRIPT = `
const socket = new WebSocket("ws://" + location.host + "/engine");
socket.onopen = () => socket.send(JSON.stringify({ kind: "request", id: 1, method: "app:get-info", params: {} }));
socket.onmessage = ({ data }) => { document.querySelector("h1").textContent = data; };
socket.onclose = () => { document.querySelector("h1").textContent = "closed"; };
history.replaceState(null, "", "/");
`;

test.beforeAll(async () => {
  const executablePath = findChromium();
  test.skip(executablePath === undefined, "no Chromium on this computer");
  folder = mkdtempSync(join(tmpdir(), "limpet-web-"));
  mkdirSync(join(folder, "files/assets"), { recursive: true });
  writeFileSync(
    join(folder, "files/index.html"),
    '<!doctype html><title>Probe</title><h1>Probe</h1><script>window.inline = true</script><script src="./assets/probe.js"></script>',
  );
  writeFileSync(join(folder, "files/assets/probe.js"), SCRIPT);
  host = await startWebHost({ port: 0, files: join(folder, "files"), userFolder: folder });
  foreign = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><title>Foreign</title>");
  }).listen(0, "127.0.0.1");
  browser = await chromium.launch({
    executablePath: executablePath ?? "",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  page = await (await browser.newContext()).newPage();
});

test.afterAll(async () => {
  await browser?.close();
  await host?.close();
  foreign?.close();
  if (folder !== "") rmSync(folder, { recursive: true });
});

test("the printed address opens the page and its engine, and a reload needs no token", async () => {
  await page.goto(host.url);
  await expect(page.locator("h1")).toContainText('"host":"web"');
  expect(page.url()).toBe(`http://127.0.0.1:${host.port}/`);
  await page.reload();
  await expect(page.locator("h1")).toContainText('"kind":"result"');
});

test("scripts that were written into the page do not run", async () => {
  expect(await page.evaluate(() => "inline" in window)).toBe(false);
});

test("a foreign page gets neither files nor engine, though the browser has the cookie", async () => {
  const other = await page.context().newPage();
  await other.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
  const got = await other.evaluate(async (port) => {
    const file = await fetch(`http://127.0.0.1:${port}/assets/probe.js`, { credentials: "include" }).then(
      () => "read",
      () => "refused",
    );
    const socket = await new Promise((resolve) => {
      const opened = new WebSocket(`ws://127.0.0.1:${port}/engine`);
      opened.onopen = () => resolve("open");
      opened.onerror = () => resolve("refused");
    });
    const frame = await new Promise((resolve) => {
      const element = document.createElement("iframe");
      element.src = `http://127.0.0.1:${port}/`;
      element.onload = () => resolve(element.contentDocument === null ? "closed to us" : "open");
      document.body.append(element);
    });
    return { file, socket, frame };
  }, host.port);
  expect(got).toEqual({ file: "refused", socket: "refused", frame: "closed to us" });
  await other.close();
});

test("another browser without the cookie sees nothing", async () => {
  const stranger = await (await browser.newContext()).newPage();
  const answer = await stranger.goto(`http://127.0.0.1:${host.port}/`);
  expect(answer?.status()).toBe(403);
  await stranger.context().close();
});
