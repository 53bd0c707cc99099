/** The version of this Limpet, as package.json names it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export function limpetVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
