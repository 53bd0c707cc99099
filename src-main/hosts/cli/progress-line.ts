/** Progress on standard error: a bar that redraws itself in a terminal, now and then a line elsewhere. */

const BAR_WIDTH = 24;
const REDRAW_MS = 80;
/** Without a terminal, a new stage is told at most this often. */
const LINE_MS = 5000;

type Output = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };

export class ProgressLine {
  readonly #title: string;
  readonly #output: Output;
  #last = 0;
  #stage = "";
  #drawn = false;

  constructor(title: string, output: Output) {
    this.#title = title;
    this.#output = output;
  }

  /** Shows a stage and its fraction 0..1. */
  show(stage: string, fraction: number): void {
    const now = performance.now();
    const newStage = stage !== this.#stage;
    if (this.#output.isTTY === true) {
      if (newStage || fraction >= 1 || now - this.#last >= REDRAW_MS) {
        this.#last = now;
        this.#stage = stage;
        this.#draw(stage, fraction);
      }
      return;
    }
    if (newStage && (this.#stage === "" || now - this.#last >= LINE_MS)) {
      this.#last = now;
      this.#stage = stage;
      this.#output.write(`${this.#title}: ${stage}\n`);
    }
  }

  /** Takes the bar away, so that other text can be written. */
  clear(): void {
    if (this.#drawn) {
      this.#drawn = false;
      this.#output.write("\r\u001b[2K");
    }
  }

  #draw(stage: string, fraction: number): void {
    const full = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_WIDTH);
    const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
    const text = `${this.#title} ${bar} ${String(Math.round(fraction * 100)).padStart(3)} % ${stage}`;
    this.#output.write(`\r\u001b[2K${text.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#drawn = true;
  }
}
