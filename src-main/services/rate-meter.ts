/**
 * How fast and how evenly a sensor really samples, by the board's own clock: what a sensor says of its rate may be some percent
 * off, and a model that was learnt at another rate hears everything at another pitch. Knows sample numbers and times only.
 */
import type { QualityFinding } from "../../src-shared/contract/index.ts";

/** Before this much there is nothing to be said, seconds. */
const SHORTEST_SECONDS = 2;
/** A rate that is further off is worth a word; quartz is 0.01 % off, a sensor's own oscillator up to 10 %. */
const RATE_TOLERANCE = 0.02;
/** Messages that come with times further off from an even flow, in parts of a second. */
const JITTER_SECONDS = 0.02;

export class RateMeter {
  readonly #sensor: string;
  readonly #rateHz: number;
  #first: { sample: number; us: number } | null = null;
  #last: { sample: number; us: number } | null = null;
  /** Sums of a straight line's fit of time over sample number. */
  #n = 0;
  #sx = 0;
  #sy = 0;
  #sxx = 0;
  #sxy = 0;
  #syy = 0;

  constructor(sensor: string, rateHz: number) {
    this.#sensor = sensor;
    this.#rateHz = rateHz;
  }

  /** Takes the number of a message's first sample and the board's time of it. */
  add(firstSample: bigint, timeUs: bigint): void {
    const at = { sample: Number(firstSample), us: Number(timeUs) };
    this.#first ??= at;
    // Sample numbers that begin anew belong to another stream.
    if (at.sample < (this.#last?.sample ?? 0)) return;
    this.#last = at;
    const x = (at.sample - this.#first.sample) / this.#rateHz;
    const y = (at.us - this.#first.us) / 1e6;
    this.#n++;
    this.#sx += x;
    this.#sy += y;
    this.#sxx += x * x;
    this.#sxy += x * y;
    this.#syy += y * y;
  }

  /** Samples a second by the board's clock; null while too little has come. */
  get measuredHz(): number | null {
    const slope = this.#slope();
    return slope === null || slope <= 0 ? null : this.#rateHz / slope;
  }

  /** Root mean square distance of the messages' times from an even flow, seconds; null while too little has come. */
  get jitterSeconds(): number | null {
    const slope = this.#slope();
    if (slope === null) return null;
    const n = this.#n;
    const vy = this.#syy / n - (this.#sy / n) ** 2;
    const cov = this.#sxy / n - (this.#sx / n) * (this.#sy / n);
    return Math.sqrt(Math.max(0, vy - slope * cov));
  }

  findings(): QualityFinding[] {
    const { measuredHz, jitterSeconds } = this;
    const findings: QualityFinding[] = [];
    if (measuredHz !== null && Math.abs(measuredHz / this.#rateHz - 1) > RATE_TOLERANCE) {
      const off = ((measuredHz / this.#rateHz - 1) * 100).toFixed(1);
      findings.push({
        kind: "rate",
        level: "warning",
        message: `${this.#sensor} really samples at ${Number(measuredHz.toPrecision(4))} Hz, ${off} % off the ${this.#rateHz} Hz that it is set to: record everything with the same board.`,
      });
    }
    if (jitterSeconds !== null && jitterSeconds > JITTER_SECONDS) {
      findings.push({
        kind: "rate",
        level: "warning",
        message: `${this.#sensor} does not sample evenly (by ${Math.round(jitterSeconds * 1000)} ms to and fro): the board is too busy, or its line too slow; choose a lower rate.`,
      });
    }
    return findings;
  }

  #slope(): number | null {
    const seconds = ((this.#last?.sample ?? 0) - (this.#first?.sample ?? 0)) / this.#rateHz;
    if (this.#n < 8 || seconds < SHORTEST_SECONDS) return null;
    const n = this.#n;
    const vx = this.#sxx / n - (this.#sx / n) ** 2;
    return vx > 0 ? (this.#sxy / n - (this.#sx / n) * (this.#sy / n)) / vx : null;
  }
}
