/** A simulated bootloader at a pseudo-terminal, for programs that want a serial port: socat between it and a socket of ours. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../waiting.ts";
import type { SimulatedBootloader } from "./faulty-line.ts";

export const isInstalled = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

export type Pty = { readonly path: string; close(): Promise<void> };

export async function openPty(board: SimulatedBootloader): Promise<Pty> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    board.attach((bytes) => socket.write(bytes));
    socket.on("data", (bytes) => board.receive(bytes));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const folder = mkdtempSync(join(tmpdir(), "limpet-pty-"));
  const path = join(folder, "tty");
  const child = spawn("socat", [`PTY,raw,echo=0,link=${path}`, `TCP:127.0.0.1:${port},nodelay`], {
    stdio: "ignore",
  });
  await until(() => existsSync(path));
  return { path, close: () => closeAll(child, server, folder) };
}

async function closeAll(child: ChildProcess, server: Server, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await ended;
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
}

/** Runs a program; resolves with its exit code and everything that it said. */
export function runProgram(
  command: string,
  parameters: readonly string[],
): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout.on("data", (bytes) => (text += bytes));
    child.stderr.on("data", (bytes) => (text += bytes));
    child.on("error", reject);
    // Not at its exit: what it said may still be on its way then.
    child.on("close", (code) => resolve({ code, text }));
  });
}
