/** Finds rate and gaps from time stamps. Pure: knows times, not files. */
import type { QualityFinding } from "../../../src-shared/contract/index.ts";

export type TimeBase = {
  readonly rateHz: number;
  readonly gaps: { readonly atSample: number; readonly lostSamples: number }[];
  readonly findings: QualityFinding[];
};

export type TimeProblem = { readonly sample: number; readonly message: string };

/** Share of steps that may differ by half or more from the usual one before the stamps count as useless. */
const MAX_UNEVEN = 0.25;

/** A jump of more samples than this is a wrong time stamp and no gap. */
const MAX_LOST = 1e9;

/** Units that time stamps are counted in, with how many make a second. */
const PER_SECOND = { ms: 1e3, us: 1e6, ns: 1e9 } as const;
export type StampUnit = keyof typeof PER_SECOND;

/**
 * Rate from the median step between time stamps (in `unit`, one per sample, rising); steps of more than one and a half
 * periods are gaps. Stamps in whole milliseconds cannot show a period such as 9.615 ms (104 Hz), so there the mean of the
 * steps that are no gaps takes the place of the median where the two disagree.
 * Returns a problem where the stamps are not usable.
 */
export function timeBaseOf(stamps: Float64Array, unit: StampUnit = "ms"): TimeBase | TimeProblem {
  const steps = new Float64Array(Math.max(0, stamps.length - 1));
  let whole = true;
  for (let i = 0; i < steps.length; i++) {
    const step = (stamps[i + 1] as number) - (stamps[i] as number);
    if (step < 0) {
      return { sample: i + 1, message: `the time goes back from ${stamps[i]} to ${stamps[i + 1]} ${unit}` };
    }
    steps[i] = step;
    whole &&= Number.isInteger(stamps[i]);
  }
  if (steps.length === 0) {
    return { sample: 0, message: "one sample alone has no rate" };
  }
  const sorted = steps.slice().sort();
  const median = sorted[Math.floor(sorted.length / 2)] as number;
  const limit = whole ? Math.max(1.5 * median, median + 1) : 1.5 * median;
  let sum = 0;
  let sumOfSquares = 0;
  let even = 0;
  for (const step of steps) {
    if (step <= limit) {
      sum += step;
      sumOfSquares += step * step;
      even++;
    }
  }
  const mean = sum / even;
  const period = whole && Math.abs(mean - median) > 0.005 * Math.max(median, 1) ? mean : median;
  if (period <= 0) {
    const same = stamps[0] === stamps.at(-1) ? "all" : "most";
    return { sample: 0, message: `${same} time stamps are the same as the one before` };
  }
  const gaps: { atSample: number; lostSamples: number }[] = [];
  let uneven = 0;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as number;
    const lost = Math.round(step / period) - 1;
    if (lost > MAX_LOST) {
      return { sample: i + 1, message: `the time jumps from ${stamps[i]} to ${stamps[i + 1]} ${unit}` };
    }
    if (step > limit && lost >= 1) gaps.push({ atSample: i + 1, lostSamples: lost });
    if (Math.abs(step - period) > 0.5 * period + (whole ? 1 : 0)) uneven++;
  }
  if (uneven > MAX_UNEVEN * steps.length) {
    return { sample: 0, message: "the time between samples is too uneven to be a sampling rate" };
  }
  const deviation = Math.sqrt(Math.max(0, sumOfSquares / even - mean * mean));
  const findings: QualityFinding[] = [];
  if (deviation > 0.1 * period + (whole ? 0.6 : 0)) {
    findings.push({
      kind: "rate",
      level: "warning",
      message: `The time between samples varies by ${((100 * deviation) / period).toFixed(0)} %: the source did not sample evenly.`,
    });
  }
  return { rateHz: tidyRate(PER_SECOND[unit] / period, period === median ? 1e-5 : 1e-3), gaps, findings };
}

/** A rate without the noise of its last digits: the whole number that it is within `tolerance` of, else nine digits. */
export function tidyRate(rateHz: number, tolerance = 1e-5): number {
  const whole = Math.round(rateHz);
  return whole > 0 && Math.abs(rateHz - whole) <= tolerance * rateHz ? whole : Number(rateHz.toPrecision(9));
}
