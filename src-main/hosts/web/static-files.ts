/** The files of the built interface. Serves only what lies in its folder; knows no tokens and no engine. */
import { readFile, stat } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** The file for a path of the address, null where there is none or where the path leads out of the folder. */
export async function findFile(folder: string, pathname: string): Promise<string | null> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes("\0")) return null;
  const path = normalize(join(folder, decoded === "/" ? "index.html" : decoded));
  if (!path.startsWith(folder + sep)) return null;
  const found = await stat(path).catch(() => null);
  return found?.isFile() === true ? path : null;
}

/** Sends a file. Names that vite made from the content may be kept for ever, others are asked for each time. */
export async function sendFile(response: ServerResponse, path: string, head: boolean): Promise<void> {
  const content = await readFile(path);
  response.writeHead(200, {
    "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
    "Content-Length": content.length,
    "Cache-Control": path.includes(`${sep}assets${sep}`)
      ? "private, max-age=31536000, immutable"
      : "no-store",
  });
  response.end(head ? undefined : content);
}
