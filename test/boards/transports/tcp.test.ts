import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { TcpTransport } from "../../../src-main/boards/transports/tcp.ts";
import type { LimpetError } from "../../../src-shared/errors.ts";
import { rejectionOf } from "../../dataset/helpers.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A TCP server that sends `greeting` to whoever comes, and then closes the connection. */
async function closingServer(greeting: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(greeting);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `tcp://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

/** Connects and waits until the other side has closed; resolves with what was told. */
async function lostBy(transport: TcpTransport): Promise<LimpetError> {
  return new Promise((resolve, reject) => {
    transport.open({ onData: () => {}, onLost: resolve }).catch(reject);
  });
}

describe("a board behind TCP that closes the connection", () => {
  it("before it said anything is busy with another program, also to who writes then", async () => {
    const transport = new TcpTransport(await closingServer(""));
    expect((await lostBy(transport)).code).toBe("board-busy");
    const error = await rejectionOf("board-busy", transport.write(Uint8Array.of(0)));
    expect(error.hint).toMatch(/[Aa]nother program/);
  });

  it("after it spoke has gone, also to who writes then", async () => {
    const transport = new TcpTransport(await closingServer("hello"));
    expect((await lostBy(transport)).code).toBe("board-unplugged");
    await rejectionOf("board-unplugged", transport.write(Uint8Array.of(0)));
  });
});
