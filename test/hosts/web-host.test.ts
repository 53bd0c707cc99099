import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startWebHost, type WebHost } from "../../src-main/hosts/web/web-host.ts";
import { StreamBoard } from "../faults/stream-board.ts";

let host: WebHost;
let token = "";
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "limpet-web-"));
  const files = join(folder, "files");
  mkdirSync(join(files, "assets"), { recursive: true });
  writeFileSync(join(files, "index.html"), "<!doctype html><title>Limpet</title>");
  writeFileSync(join(files, "assets/app.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  mkdirSync(join(folder, "files-of-others"));
  writeFileSync(join(folder, "files-of-others/secret.txt"), "secret");
  host = await startWebHost({ port: 0, files, userFolder: folder });
  token = new URL(host.url).searchParams.get("token") ?? "";
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

function get(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: host.port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Resolves with "open", or with the status that the upgrade was refused with. */
function upgrade(path: string, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    socket.on("open", () => {
      socket.terminate();
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      socket.terminate();
      resolve(String(response.statusCode));
    });
    socket.on("error", () => resolve("error"));
  });
}

const origin = (): string => `http://127.0.0.1:${host.port}`;

/** A page's connection as the interface makes it: its socket, requests, and the events that came. */
async function connectPage() {
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine?token=${token}`, {
    headers: { Origin: origin() },
  });
  const waiting = new Map<number, (message: { result?: unknown; error?: unknown }) => void>();
  const events: { name: string; payload: unknown }[] = [];
  let next = 1;
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as {
      id?: number;
      kind: string;
      name: string;
      payload: unknown;
      result?: unknown;
    };
    if (message.kind === "event") events.push(message);
    else if (message.kind !== "progress") waiting.get(message.id ?? 0)?.(message);
  });
  await new Promise((resolve) => socket.once("open", resolve));
  const ask = (method: string, params: unknown): Promise<{ result?: unknown; error?: unknown }> =>
    new Promise((resolve) => {
      const id = next++;
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ kind: "request", id, method, params }));
    });
  return { socket, ask, events };
}

describe("the web host", () => {
  it("serves the page to who has the token, with a cookie and security headers", async () => {
    const { status, headers, body } = await get(`/?token=${token}`);
    expect(status).toBe(200);
    expect(body).toContain("Limpet");
    const cookie = headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toContain(`limpet-${host.port}=${token}`);
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Strict");
    expect(headers["content-security-policy"]).toContain("script-src 'self'");
    expect(headers["content-security-policy"]).not.toContain("script-src 'self' 'unsafe");
    for (const rule of ["default-src", "base-uri", "form-action", "frame-ancestors"]) {
      expect(headers["content-security-policy"]).toContain(`${rule} 'none'`);
    }
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-frame-options"]).toBe("DENY");
    const asset = await get("/assets/app.js", { Cookie: cookie.split(";")[0] ?? "" });
    expect([asset.status, asset.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
  });

  it("refuses every request without the token, or with a wrong one", async () => {
    expect((await get("/")).status).toBe(403);
    expect((await get("/assets/app.js")).status).toBe(403);
    expect((await get(`/?token=${token}x`)).status).toBe(403);
    expect((await get("/?token=")).status).toBe(403);
    expect((await get("/", { Cookie: `limpet-${host.port}=wrong` })).status).toBe(403);
    expect((await get("/", { Cookie: `limpet-1=${token}` })).status).toBe(403);
  });

  it("refuses another Host, as after DNS rebinding", async () => {
    for (const name of [
      "evil.example",
      `evil.example:${host.port}`,
      "127.0.0.1",
      `127.0.0.1:1`,
      `[::1]:${host.port}`,
    ]) {
      expect([name, (await get(`/?token=${token}`, { Host: name })).status]).toEqual([name, 403]);
    }
    expect((await get(`/?token=${token}`, { Host: `localhost:${host.port}` })).status).toBe(200);
  });

  it("refuses another Origin and what a foreign page sends", async () => {
    for (const foreign of [
      "http://evil.example",
      "null",
      `http://127.0.0.1:${host.port + 1}`,
      `https://127.0.0.1:${host.port}`,
    ]) {
      expect((await get(`/?token=${token}`, { Origin: foreign })).status).toBe(403);
    }
    expect(
      (
        await get("/assets/app.js", {
          Cookie: `limpet-${host.port}=${token}`,
          "Sec-Fetch-Site": "cross-site",
        })
      ).status,
    ).toBe(403);
  });

  it("answers only GET and HEAD", async () => {
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      expect([method, (await get(`/?token=${token}`, {}, method)).status]).toEqual([method, 405]);
    }
    const head = await get(`/?token=${token}`, {}, "HEAD");
    expect([head.status, head.body]).toEqual([200, ""]);
  });

  it("serves nothing outside its folder", async () => {
    const cookie = { Cookie: `limpet-${host.port}=${token}` };
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/assets/..%2f..%2fsecret.txt",
      "/..%2ffiles-of-others%2fsecret.txt",
      "/%00",
      "/%",
      "/assets",
      "//etc/passwd",
    ]) {
      const { status, body } = await get(path, cookie);
      expect([path, status, body.includes("secret")]).toEqual([path, 404, false]);
    }
  });

  it("refuses an absolute address in the request line and headers without end", async () => {
    const line = await rawRequest(
      `GET http://evil.example/?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nConnection: close\r\n\r\n`,
    );
    expect(line).toContain("403");
    const long = await rawRequest(
      `GET /?token=${token} HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nX-Long: ${"x".repeat(40_000)}\r\n\r\n`,
    );
    expect(long).toContain("431");
  });

  it("opens the engine's socket only with Origin, Host and token", async () => {
    const cookie = { Cookie: `limpet-${host.port}=${token}` };
    expect(await upgrade("/engine", { ...cookie, Origin: origin() })).toBe("open");
    expect(await upgrade(`/engine?token=${token}`, { Origin: origin() })).toBe("open");
    expect(await upgrade("/engine", { Origin: origin() })).toBe("403");
    expect(await upgrade("/engine", cookie)).toBe("403");
    expect(await upgrade("/engine", { ...cookie, Origin: "http://evil.example" })).toBe("403");
    expect(await upgrade("/engine", { ...cookie, Origin: origin(), Host: "evil.example" })).toBe("403");
    expect(await upgrade("/other", { ...cookie, Origin: origin() })).toBe("403");
    expect(await upgrade(`/engine?token=${token}x`, { ...cookie, Origin: origin() })).toBe("403");
  });

  it("cuts off a message that is larger than any that the contract has", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine?token=${token}`, {
      headers: { Origin: origin() },
    });
    await new Promise((resolve) => socket.once("open", resolve));
    const code = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});
    socket.send(Buffer.alloc(101 * 1024 * 1024, 0x20).toString("latin1"));
    expect(await code).not.toBe(1000);
  });

  it("answers requests of the contract and says what is wrong with others", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine?token=${token}`, {
      headers: { Origin: origin() },
    });
    await new Promise((resolve) => socket.once("open", resolve));
    const ask = (id: number, method: string, params: unknown): Promise<unknown> =>
      new Promise((resolve) => {
        socket.on("message", (data) => {
          const message = JSON.parse(String(data)) as { id?: number; kind: string };
          if (message.id === id && message.kind !== "progress") resolve(message);
        });
        socket.send(JSON.stringify({ kind: "request", id, method, params }));
      });
    const path = join(folder, "a.limpet");
    expect(await ask(1, "project:create", { path })).toMatchObject({
      kind: "result",
      result: { name: "a", recordings: 0 },
    });
    expect(await ask(2, "project:list-recent", {})).toMatchObject({
      result: expect.arrayContaining([expect.objectContaining({ path, exists: true })]),
    });
    expect(await ask(3, "no:such", {})).toMatchObject({ kind: "error", error: { code: "usage" } });
    expect(await ask(4, "project:open", { path: 7 })).toMatchObject({
      kind: "error",
      error: { code: "usage", field: "path" },
    });
    expect(await ask(5, "project:open", { path: join(folder, "none.limpet") })).toMatchObject({
      error: { code: "not-found" },
    });
    socket.send("no JSON");
    socket.send(JSON.stringify({ kind: "request" }));
    expect(await ask(6, "files:list-folder", { path: folder, extensions: ["limpet"] })).toMatchObject({
      result: { path: folder },
    });
    socket.terminate();
  });

  it("starts an engine again that was killed: pages connect anew and find their project open", async () => {
    const path = join(folder, "restart.limpet");
    const first = await connectPage();
    await first.ask("project:create", { path });
    const closed = new Promise((resolve) => first.socket.once("close", resolve));
    const before = host.enginePid();
    process.kill(before, "SIGKILL");
    await closed;
    expect(host.enginePid()).not.toBe(before);
    const second = await connectPage();
    await expect
      .poll(async () => (await second.ask("project:get-summary", {})).result)
      .toMatchObject({ path });
    second.socket.terminate();
  });

  it("lets a recording go on while its page is reloaded; the next page sees it and ends it", async () => {
    const board = await StreamBoard.start();
    const path = join(folder, "reload.limpet");
    const first = await connectPage();
    await first.ask("project:create", { path });
    await first.ask("boards:connect", { port: board.port });
    void first.ask("recording:start", { label: "fan", seconds: null });
    await expect.poll(() => first.events.some(({ name }) => name === "recording:state")).toBe(true);
    first.socket.terminate();
    const second = await connectPage();
    await expect.poll(() => second.events.some(({ name }) => name === "recording:state")).toBe(true);
    await second.ask("recording:stop", {});
    const { result } = await second.ask("recordings:list", {});
    expect(result).toMatchObject([
      { label: "fan", incomplete: false, streams: [{ gaps: 0, lostSamples: 0 }] },
    ]);
    await second.ask("boards:disconnect", {});
    second.socket.terminate();
    await board.close();
  });

  it("says which port is taken", async () => {
    await expect(
      startWebHost({ port: host.port, files: join(folder, "files"), userFolder: folder }),
    ).rejects.toMatchObject({
      code: "usage",
      field: "port",
    });
  });
});

function rawRequest(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(host.port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    socket.on("error", (error) => (answer === "" ? reject(error) : resolve(answer)));
  });
}
