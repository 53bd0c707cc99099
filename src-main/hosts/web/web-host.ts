/**
 * The web host: the built interface for a browser on this computer, and the engine in a process of its own.
 *
 * Handshake: each launch makes a token and prints `http://127.0.0.1:PORT/?token=…`. The page opened there sets a cookie
 * (`limpet-PORT`, HttpOnly, SameSite=Strict) that carries the token; every further request and the WebSocket `ws://HOST/engine`
 * are answered only with it (or with `?token=…`), only for Host 127.0.0.1 or localhost with our port, and only from our own
 * Origin. Each WebSocket message is one JSON text: `ClientMessage` to the engine, `EngineMessage` back. The page may take the
 * token out of its address (history.replaceState); a reload works by the cookie.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { WebSocketServer } from "ws";
import { LimpetError } from "../../../src-shared/errors.ts";
import { ENGINE_PATH } from "../../../src-shared/host-bridge.ts";
import { EngineSupervisor } from "../../engine/engine-supervisor.ts";
import { createLog } from "../../engine/log.ts";
import { userFolder } from "../../engine/user-folder.ts";
import { cookieName, hostAllowed, originAllowed, securityHeaders, tokenAllowed } from "./security.ts";
import { socketChannel } from "./socket-channel.ts";
import { findFile, sendFile } from "./static-files.ts";

export type WebHostOptions = {
  /** 0: any that is free. */
  readonly port: number;
  readonly projectPath?: string | undefined;
  /** Folder of the built interface. */
  readonly files?: string | undefined;
  /** Folder of what is the user's own. */
  readonly userFolder?: string | undefined;
  readonly log?: Logger | undefined;
};

export type WebHost = {
  readonly url: string;
  readonly port: number;
  /** Process of the engine, which changes where it is started again. */
  enginePid(): number;
  close(): Promise<void>;
};

/** A dropped file comes as one message (base64 of up to 72 MB). */
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
const MAX_CONNECTIONS = 16;
const LOOPBACK = "127.0.0.1";

/** Starts engine and server. Throws `usage` where the port is taken, `setup-missing` where the interface is not built. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const folder = options.userFolder ?? userFolder();
  const log = options.log ?? createLog(process.env, folder);
  const files = options.files ?? join(import.meta.dirname, "../../../dist/renderer");
  if ((await findFile(files, "/index.html")) === null) {
    throw new LimpetError("setup-missing", "The interface has not been built.", {
      hint: "Run `npm run build`.",
    });
  }
  let dropPages = (): void => {};
  // An engine that ended took its answers with it: pages connect anew, and the next one is there.
  const engine = new EngineSupervisor({
    log,
    folder,
    onRestart: () => dropPages(),
    onGivenUp: () => dropPages(),
  });
  const token = randomBytes(24).toString("base64url");
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000 });
  const port = await listen(server, options.port).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  server.on("request", (request, response) => {
    answer(request, response, { port, token, files }).catch((error: unknown) => {
      log.error({ error: String(error) }, "a request failed");
      if (!response.headersSent) refuse(response, 500, "Limpet made a mistake.");
      response.destroy();
    });
  });
  const sockets = acceptSockets(server, engine, port, token);
  dropPages = () => {
    for (const socket of sockets.clients) socket.terminate();
  };
  const close = async (): Promise<void> => {
    await engine.close();
    dropPages();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    if (options.projectPath !== undefined) await engine.openProject(options.projectPath);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://${LOOPBACK}:${port}/?token=${token}`, port, enginePid: () => engine.pid, close };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new LimpetError("usage", `Port ${port} cannot be used (${cause.code ?? cause.message}).`, {
          field: "port",
          hint: "Choose another --port, or none: Limpet then takes one that is free.",
          cause,
        }),
      ),
    );
    server.listen(port, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { port, token, files }: { readonly port: number; readonly token: string; readonly files: string },
): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders(port))) response.setHeader(name, value);
  const url = parseUrl(request);
  if (url === null || !hostAllowed(request.headers, port)) return refuse(response, 403, "Wrong host.");
  if (!originAllowed(request.headers, port, false)) return refuse(response, 403, "Wrong origin.");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "Only GET.");
  }
  if (!tokenAllowed(url, request.headers, port, token)) {
    return refuse(response, 403, "Open the address that Limpet printed when it started; it holds a token.");
  }
  const path = await findFile(files, url.pathname);
  if (path === null) return refuse(response, 404, "There is no such file.");
  if (url.searchParams.has("token")) {
    response.setHeader("Set-Cookie", `${cookieName(port)}=${token}; Path=/; HttpOnly; SameSite=Strict`);
  }
  await sendFile(response, path, request.method === "HEAD");
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`${text}\n`);
}

function parseUrl(request: IncomingMessage): URL | null {
  const target = request.url ?? "";
  // Only a path: an address in the request line would be meant for a proxy.
  return target.startsWith("/") ? URL.parse(`http://${LOOPBACK}${target}`) : null;
}

function acceptSockets(
  server: Server,
  engine: EngineSupervisor,
  port: number,
  token: string,
): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on("error", () => stream.destroy());
    const url = parseUrl(request);
    const allowed =
      url?.pathname === ENGINE_PATH &&
      hostAllowed(request.headers, port) &&
      originAllowed(request.headers, port, true) &&
      tokenAllowed(url, request.headers, port, token) &&
      sockets.clients.size < MAX_CONNECTIONS;
    if (!allowed) {
      stream.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => engine.connect(socketChannel(socket)));
  });
  return sockets;
}
