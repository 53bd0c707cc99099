/**
 * Butterworth filters as second-order sections, computed in double precision: analogue prototype, bilinear transform with the
 * cut-off prewarped (Oppenheim and Schafer, "Discrete-Time Signal Processing", 3rd edition, 7.3). Knows no signal: the front
 * end on the board filters.
 */

/** b0, b1, b2, a1, a2; a0 is 1. H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2). */
export type Section = readonly [number, number, number, number, number];

/**
 * Sections of a Butterworth filter, each with gain 1 at zero frequency (low-pass) or half the rate (high-pass), in the order of
 * rising quality factor, so that what lies between them overshoots least.
 * @param order even, 2 or more
 * @param cutoffHz frequency where the gain is 1/sqrt(2); above 0 and below half the rate
 */
export function butterworth(
  kind: "low-pass" | "high-pass",
  order: number,
  cutoffHz: number,
  rateHz: number,
): Section[] {
  // Prewarped cut-off of the analogue filter, for the bilinear transform s = (1 - z^-1) / (1 + z^-1).
  const w = Math.tan((Math.PI * cutoffHz) / rateHz);
  return Array.from({ length: order / 2 }, (_, index) => {
    // A pair of poles of the prototype: s^2 + s / q + 1.
    const inverseQ = 2 * Math.cos((Math.PI * (2 * index + 1)) / (2 * order));
    const a0 = 1 + inverseQ * w + w * w;
    const a1 = (2 * (w * w - 1)) / a0;
    const a2 = (1 - inverseQ * w + w * w) / a0;
    const gain = (kind === "low-pass" ? w * w : 1) / a0;
    const middle = kind === "low-pass" ? 2 * gain : -2 * gain;
    return [gain, middle, gain, a1, a2] as const;
  });
}
