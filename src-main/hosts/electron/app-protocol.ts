/**
 * The interface's files at `app://limpet/…`, with a content security policy. A protocol of our own and not file:, so that the
 * page has an origin and can reach nothing but these files. Works from Electron 22 (buffer protocol) to today's (handle).
 */
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { protocol } from "electron";

export const APP_ORIGIN = "app://limpet";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** To be called before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    // `codeCache` (newer Electrons) keeps the compiled interface, for a quicker next start.
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** To be called when the app is ready. */
export function serveFiles(folder: string): void {
  if (typeof protocol.handle === "function") {
    protocol.handle("app", async ({ url }) => {
      const { status, data, type } = await readFor(folder, url);
      return new Response(new Uint8Array(data), { status, headers: headersOf(type) });
    });
    return;
  }
  // Electron 22.
  protocol.registerBufferProtocol("app", (request, callback) => {
    void readFor(folder, request.url).then(({ status, data, type }) =>
      callback({ statusCode: status, data, mimeType: type, headers: headersOf(type) }),
    );
  });
}

const headersOf = (type: string): Record<string, string> => ({
  "Content-Type": `${type}; charset=utf-8`,
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
});

async function readFor(
  folder: string,
  address: string,
): Promise<{ status: number; data: Buffer; type: string }> {
  const missing = { status: 404, data: Buffer.from("There is no such file."), type: "text/plain" };
  try {
    const { host, pathname } = new URL(address);
    const decoded = decodeURIComponent(pathname);
    const path = normalize(join(folder, decoded === "/" || decoded === "" ? "index.html" : decoded));
    if (host !== "limpet" || !path.startsWith(folder + sep)) return missing;
    return {
      status: 200,
      data: await readFile(path),
      type: TYPES[extname(path)] ?? "application/octet-stream",
    };
  } catch {
    return missing;
  }
}
