/**
 * What a request to the web host must prove before it is answered: that it is meant for this computer (Host), that it comes
 * from our own page (Origin), and that whoever sends it was given this launch's token. Pure functions over headers.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Names under which a browser on this computer reaches the loopback interface. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost"];

/** Against DNS rebinding: a foreign name that resolves to 127.0.0.1 still stands in Host. */
export function hostAllowed(headers: IncomingHttpHeaders, port: number): boolean {
  return LOOPBACK_NAMES.some((name) => headers.host === `${name}:${port}`);
}

/** What a browser says of a request that the user or our own page made. Another port of this computer is `same-site`, not ours. */
const OWN_SITES: readonly (string | undefined)[] = [undefined, "none", "same-origin"];

/** A page of another origin may not use us. Navigation and plain requests carry no Origin; a WebSocket must. */
export function originAllowed(headers: IncomingHttpHeaders, port: number, required: boolean): boolean {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  if (origin === undefined) return !required && OWN_SITES.includes(Array.isArray(site) ? site[0] : site);
  return (
    LOOPBACK_NAMES.some((name) => origin === `http://${name}:${port}`) && origin === `http://${headers.host}`
  );
}

export const cookieName = (port: number): string => `limpet-${port}`;

/** Whether the address (`?token=`) or the cookie holds the token. */
export function tokenAllowed(url: URL, headers: IncomingHttpHeaders, port: number, token: string): boolean {
  const fromAddress = url.searchParams.get("token");
  if (fromAddress !== null) return sameText(fromAddress, token);
  const prefix = `${cookieName(port)}=`;
  return (headers.cookie ?? "")
    .split(";")
    .map((part) => part.trim())
    .some((part) => part.startsWith(prefix) && sameText(part.slice(prefix.length), token));
}

/** Compares in a time that says nothing about where the texts differ. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Headers of every answer. Styles may be inline because the widget library writes them so; scripts may not. */
export function securityHeaders(port: number): Record<string, string> {
  return {
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
      `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
      "media-src 'self' blob:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
  };
}
