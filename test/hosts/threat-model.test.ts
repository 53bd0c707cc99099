/** docs/threat-model.md as it stands: each request of its table is sent, each test that it names must be there. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { startWebHost, type WebHost } from "../../src-main/hosts/web/web-host.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEXT = readFileSync(join(ROOT, "docs/threat-model.md"), "utf8");

let host: WebHost;
let token = "";
let folder = "";
let files = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "limpet-threats-"));
  files = join(folder, "files");
  mkdirSync(join(files, "assets"), { recursive: true });
  writeFileSync(join(files, "index.html"), "<!doctype html><title>Limpet</title>");
  writeFileSync(join(files, "assets/app.js"), "export {};");
  writeFileSync(join(folder, "secret.txt"), "secret");
  host = await startWebHost({ port: 0, files, userFolder: folder });
  token = new URL(host.url).searchParams.get("token") ?? "";
});

afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** Cells of each line of a table whose first cell matches. */
const rowsOf = (first: RegExp): string[][] =>
  TEXT.split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => first.test(cell ?? ""));

const filled = (text: string): string =>
  text
    .replace(/^(\/?)(\d+) x$/, (_all, start: string, count: string) => `${start}${"x".repeat(Number(count))}`)
    .replaceAll("ORIGIN", `http://127.0.0.1:${host.port}`)
    .replaceAll("HOST", `127.0.0.1:${host.port}`)
    .replaceAll("OTHER", String(host.port === 65_535 ? 1024 : host.port + 1))
    .replaceAll("PORT", String(host.port));

type Row = { id: string; method: string; path: string; headers: [string, string][]; answer: string };

function rowOf([
  id = "",
  ,
  method = "",
  path = "",
  hostName = "",
  originText = "",
  other = "",
  given = "",
  answer = "",
]: string[]): Row {
  const headers: [string, string][] = [];
  if (hostName !== "-") headers.push(["Host", filled(hostName)]);
  if (originText !== "-") headers.push(["Origin", filled(originText)]);
  if (other !== "-") {
    const [name = "", value = ""] = other.split(": ");
    headers.push([name, filled(value)]);
  }
  const wrong = given.includes("wrong");
  const words = given.split(" ");
  if (words.includes("cookie")) {
    headers.push(["Cookie", `limpet-${host.port}=${given === "wrong cookie" ? `${token}x` : token}`]);
  }
  const query = words.includes("address") ? `?token=${wrong ? `${token}x` : token}` : "";
  return { id, method, path: `${filled(path)}${query}`, headers, answer };
}

/** Sends bytes as they are; resolves with all that comes back until the connection ends. */
function send(text: string, onOpen: (socket: Socket) => void = () => {}): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(host.port, "127.0.0.1", () => {
      socket.write(text);
      onOpen(socket);
    });
    socket.on("data", (chunk) => {
      answer += String(chunk);
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

const lines = (first: string, headers: readonly [string, string][]): string =>
  `${[first, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}\r\n\r\n`;

async function answerTo({ method, path, headers }: Row): Promise<string> {
  if (method === "WS") {
    const upgrade: [string, string][] = [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ];
    // A socket that was opened would stay open.
    return send(lines(`GET ${path} HTTP/1.1`, [...headers, ...upgrade]), (socket) => {
      socket.once("data", () => socket.end());
    });
  }
  return send(lines(`${method} ${path} HTTP/1.1`, [...headers, ["Connection", "close"]]));
}

describe("the web host's answer to", () => {
  const rows = rowsOf(/^W\d+$/);

  it("every kind of request is in the table", () => {
    expect(rows.length).toBeGreaterThanOrEqual(45);
    expect(new Set(rows.map(([id]) => id)).size).toBe(rows.length);
  });

  it.each(rows.map((cells) => [cells[0], cells[1], cells] as const))("%s: %s", async (_id, _what, cells) => {
    const row = rowOf([...cells]);
    const answer = await answerTo(row);
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1];
    const got = answer === "" ? "closed" : status === "101" ? "open" : status;
    expect([row.id, got]).toEqual([row.id, row.answer]);
    expect(answer.toLowerCase()).not.toContain("access-control-allow");
    expect(answer).not.toContain("secret");
  });
});

describe("the web host", () => {
  it("listens on this computer's own address only", async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of others) {
      const reached = await new Promise<boolean>((resolve) => {
        const socket = connect({ host: address, port: host.port, timeout: 2000 });
        socket.on("connect", () => resolve(true));
        socket.on("error", () => resolve(false));
        socket.on("timeout", () => resolve(false));
      });
      expect([address, reached]).toEqual([address, false]);
    }
  });

  it("makes another token at each start", async () => {
    const other = await startWebHost({ port: 0, files, userFolder: join(folder, "other") });
    const second = new URL(other.url).searchParams.get("token") ?? "";
    await other.close();
    expect(second).not.toBe(token);
    expect(Buffer.from(second, "base64url").length).toBe(24);
  });

  it("serves a number of pages and no more", async () => {
    const sockets: WebSocket[] = [];
    const open = (): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine?token=${token}`, {
          headers: { Origin: `http://127.0.0.1:${host.port}` },
        });
        sockets.push(socket);
        socket.on("open", () => resolve("open"));
        socket.on("error", () => resolve("refused"));
      });
    const got: string[] = [];
    for (let i = 0; i < 17; i++) got.push(await open());
    expect(got).toEqual([...Array.from({ length: 16 }, () => "open"), "refused"]);
    await Promise.all(
      sockets.map((socket) => {
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.terminate();
        return socket.readyState === WebSocket.CLOSED ? undefined : closed;
      }),
    );
  });

  it("answers a large body without reading it", async () => {
    const head = lines("POST / HTTP/1.1", [
      ["Host", `127.0.0.1:${host.port}`],
      ["Cookie", `limpet-${host.port}=${token}`],
      ["Content-Length", "10000000000"],
    ]);
    expect(await send(`${head}${"x".repeat(100_000)}`)).toContain("405");
  });
});

describe("the package", () => {
  it("builds packages with every fuse set", () => {
    const text = readFileSync(join(ROOT, "electron-builder.yml"), "utf8");
    for (const line of [
      "runAsNode: false",
      "enableNodeOptionsEnvironmentVariable: false",
      "enableNodeCliInspectArguments: false",
      "enableEmbeddedAsarIntegrityValidation: true",
      "onlyLoadAppFromAsar: true",
    ]) {
      expect(text).toContain(line);
    }
  });
});

describe("the threat model", () => {
  const named = [...TEXT.matchAll(/\| `(test\/[^`]+)`: ([^|]+) \|/g)].map(
    ([, file = "", title = ""]) => [file, title.trim()] as const,
  );

  it("names tests", () => {
    expect(named.length).toBeGreaterThan(20);
  });

  it.each(named)("has %s: %s", (file, title) => {
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(readFileSync(join(ROOT, file), "utf8")).toContain(`"${title}"`);
  });
});
