import { describe, expect, it } from "vitest";
import { LiveSpectrum, liveFftLength } from "../../src-main/services/live-spectrum.ts";

const tone = (hertz: number, rateHz: number, seconds: number, amplitude: number): Float64Array =>
  Float64Array.from(
    { length: rateHz * seconds },
    (_, i) => 2 + amplitude * Math.sin((2 * Math.PI * hertz * i) / rateHz),
  );
const decibels = (byte: number): number => -140 + (byte / 255) * 180;

describe("the spectrum of the live signal", () => {
  it("shows a tone in its own bin at its own level, whatever the mean", () => {
    for (const [rateHz, hertz] of [
      [16_000, 1000],
      [1600, 200],
      [100, 12.5],
    ] as const) {
      const spectrum = new LiveSpectrum(rateHz);
      const { columns, bins, levels } = spectrum.add(tone(hertz, rateHz, 2, 0.1));
      expect(columns).toBeGreaterThan(2);
      const column = [...levels.subarray(0, bins)];
      const best = column.indexOf(Math.max(...column));
      expect(((best + 1) * rateHz) / liveFftLength(rateHz)).toBeCloseTo(hertz, 5);
      // 0.1 of the unit is -20 dB.
      expect(decibels(Math.max(...column))).toBeCloseTo(-20, 0);
    }
  });

  it("is the same in whatever pieces the samples come, and every sample counts", () => {
    const values = tone(440, 16_000, 1, 0.5);
    const whole = new LiveSpectrum(16_000).add(values);
    const pieces = new LiveSpectrum(16_000);
    const joined: number[] = [];
    for (let at = 0; at < values.length; at += 777)
      joined.push(...pieces.add(values.subarray(at, at + 777)).levels);
    expect(joined).toEqual([...whole.levels]);
    // No stretch between two columns is longer than a window.
    expect(whole.columnSeconds).toBeLessThanOrEqual(liveFftLength(16_000) / 16_000);
  });

  it("gives no more columns a second than an eye can follow", () => {
    for (const rateHz of [50, 100, 1600, 8000, 16_000, 48_000]) {
      expect(1 / new LiveSpectrum(rateHz).add([]).columnSeconds).toBeLessThanOrEqual(63);
    }
  });
});
