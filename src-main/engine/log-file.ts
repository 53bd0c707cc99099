/**
 * The log as a file of the user's own that stays small: when it is full it becomes `limpet.log.1`, that one `limpet.log.2`, and the
 * oldest goes. A place that cannot be written to is gone without: a log is no reason to fail.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

export type RotatingLimits = { readonly bytes: number; readonly files: number };

const LIMITS: RotatingLimits = { bytes: 1024 * 1024, files: 3 };

export class RotatingLog {
  readonly #path: string;
  readonly #limits: RotatingLimits;
  #bytes = 0;
  #usable = true;

  /** @param folder where the files are; it is made */
  constructor(folder: string, limits: RotatingLimits = LIMITS) {
    this.#path = join(folder, "limpet.log");
    this.#limits = limits;
    try {
      mkdirSync(folder, { recursive: true });
      this.#bytes = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
    } catch {
      this.#usable = false;
    }
  }

  /** Appends one line, as pino hands it over. */
  write(line: string): void {
    if (!this.#usable) return;
    try {
      const bytes = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + bytes > this.#limits.bytes) this.#rotate();
      // At once and not from a buffer: what matters most is written just before an end.
      appendFileSync(this.#path, line);
      this.#bytes += bytes;
    } catch {
      this.#usable = false;
    }
  }

  #rotate(): void {
    for (let n = this.#limits.files - 1; n > 0; n--) {
      const from = n === 1 ? this.#path : `${this.#path}.${n - 1}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.#path}.${n}`);
    }
    this.#bytes = 0;
  }
}

/** Folder of the log files within the user's folder. */
export const logFolder = (userFolder: string): string => join(userFolder, "logs");

/** The log files that are there, the newest first, with their text. */
export function readLogs(folder: string, files: number = LIMITS.files): { name: string; text: string }[] {
  return Array.from({ length: files }, (_, n) => (n === 0 ? "limpet.log" : `limpet.log.${n}`)).flatMap(
    (name) => {
      try {
        return [{ name, text: readFileSync(join(folder, name), "utf8") }];
      } catch {
        return [];
      }
    },
  );
}
