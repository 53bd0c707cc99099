/**
 * Text that boards print over a serial line: one reading a line, numbers separated by commas, tabs, semicolons or blanks, as Edge Impulse's data
 * forwarder and Arduino's plotter read it; a value may have its name in front (`accX:0.12`). Pure: bytes to lines to numbers, and what kind of
 * board that makes.
 */

export type Reading = { readonly values: readonly number[]; readonly names: readonly (string | null)[] };

/** Longer lines are no readings. */
const LONGEST_LINE = 512;
const MOST_VALUES = 32;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const NAMED = /^([A-Za-z_][\w .-]{0,30}?)\s*[:=]\s*(\S+)$/;

/** The numbers of a line; null where it is no reading. */
export function parseReading(line: string): Reading | null {
  const text = line.trim().replace(/[,;\s]+$/, "");
  if (text === "" || text.length > LONGEST_LINE) return null;
  const values: number[] = [];
  const names: (string | null)[] = [];
  for (const part of text.replaceAll(/\s*([:=])\s*/g, "$1").split(/[,;\t ]+/)) {
    const named = NAMED.exec(part);
    const number = named?.[2] ?? part;
    if (!NUMBER.test(number)) return null;
    values.push(Number(number));
    names.push(named?.[1] ?? null);
  }
  return values.length <= MOST_VALUES ? { values, names } : null;
}

/** What a board says where it failed: Edge Impulse's boards begin such a line with ERR. */
export const errorOf = (line: string): string | null => (/^\s*<?ERR/i.test(line) ? line.trim() : null);

/** Cuts bytes into lines; what has not ended waits for the next bytes. Bytes that no text holds end it all. */
export class LineSplitter {
  #rest = "";
  #text = true;

  /** False once a byte came that no text has: then it is another kind of line, or another speed. */
  get isText(): boolean {
    return this.#text;
  }

  add(bytes: Uint8Array): string[] {
    for (const byte of bytes) {
      if (byte < 9 || (byte > 13 && byte < 32) || byte > 126) {
        this.#text = false;
        this.#rest = "";
        return [];
      }
    }
    const parts = (this.#rest + Buffer.from(bytes).toString("latin1")).split(/\r\n|\n|\r(?!$)/);
    this.#rest = (parts.pop() ?? "").slice(0, LONGEST_LINE + 1);
    return parts;
  }
}

/** Rates that boards are set to, hertz: a measured one this near to one of them is taken for it. */
const USUAL_RATES = [
  1, 2, 4, 5, 8, 10, 12.5, 16, 20, 25, 26, 30, 32, 40, 50, 52, 60, 62.5, 64, 80, 100, 104, 119, 120, 125, 128,
  150, 160, 200, 208, 238, 240, 250, 256, 300, 320, 333, 400, 416, 476, 480, 500, 512, 600, 640, 800, 833,
  952, 1000, 1600, 2000,
];
const NEAR = 0.03;

/** The usual rate that a measured one stands for, else the measured one to three digits. */
export function usualRate(measuredHz: number): number {
  const near = USUAL_RATES.filter((rate) => Math.abs(measuredHz / rate - 1) <= NEAR);
  near.sort((a, b) => Math.abs(measuredHz - a) - Math.abs(measuredHz - b));
  return near[0] ?? Number(measuredHz.toPrecision(3));
}

/** What was found out about a line that prints readings. */
export type TextBoard = { readonly channels: readonly string[]; readonly rateHz: number };

/** Time that is listened for, and for slow boards at most, milliseconds; readings that are needed. */
const LISTEN_MS = 1500;
const LISTEN_MOST_MS = 4000;
const ENOUGH = 20;
const FEWEST = 4;

/** Listens to lines until it is clear whether they are readings, how many values each has, and how fast they come. */
export class ReadingDetector {
  #width = 0;
  #names: readonly (string | null)[] = [];
  #times: number[] = [];

  /** Takes a line that came at `ms`. The last one before it tells with it how wide a reading is: another width begins anew. */
  add(line: string, ms: number): void {
    const reading = parseReading(line);
    if (reading === null || reading.values.length !== this.#width) {
      this.#times = [];
      this.#width = reading?.values.length ?? 0;
      this.#names = reading?.names ?? [];
      if (reading === null) return;
    }
    this.#times.push(ms);
  }

  /** The board, once that is known; `ms` is now. */
  result(ms: number): TextBoard | null {
    const [first] = this.#times;
    const last = this.#times.at(-1);
    if (first === undefined || last === undefined || last <= first) return null;
    const heard = ms - first;
    const count = this.#times.length;
    if (count < FEWEST || (count < ENOUGH ? heard < LISTEN_MOST_MS * 0.75 : heard < LISTEN_MS)) return null;
    return {
      channels: this.#names.map((name, index) => name ?? `ch${index + 1}`),
      rateHz: usualRate(slopeOf(this.#times)),
    };
  }
}

/** Lines a second by a straight line through their times: a computer hands on several at once, so that single distances say little. */
function slopeOf(times: readonly number[]): number {
  const n = times.length;
  const meanX = (n - 1) / 2;
  const meanY = times.reduce((sum, time) => sum + time, 0) / n;
  let xy = 0;
  let xx = 0;
  times.forEach((time, index) => {
    xy += (index - meanX) * (time - meanY);
    xx += (index - meanX) ** 2;
  });
  return 1000 / (xy / xx);
}
