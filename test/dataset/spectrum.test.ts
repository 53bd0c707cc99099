import { describe, expect, it } from "vitest";
import { fft, fftLengthFor, measure, powerSpectrum, spectrogram } from "../../src-main/dataset/spectrum.ts";

const tone = (hz: number, rateHz: number, samples: number, swing = 1): Float32Array =>
  Float32Array.from({ length: samples }, (_, i) => swing * Math.sin((2 * Math.PI * hz * i) / rateHz));

describe("the FFT", () => {
  it("is the sum of its definition", () => {
    const re = Float64Array.from({ length: 16 }, (_, i) => ((i * 7919) % 101) / 101);
    const im = Float64Array.from({ length: 16 }, (_, i) => ((i * 104729) % 53) / 53);
    const expected = Array.from({ length: 16 }, (_, k) => {
      let sumRe = 0;
      let sumIm = 0;
      for (let n = 0; n < 16; n++) {
        const angle = (-2 * Math.PI * k * n) / 16;
        sumRe += (re[n] as number) * Math.cos(angle) - (im[n] as number) * Math.sin(angle);
        sumIm += (re[n] as number) * Math.sin(angle) + (im[n] as number) * Math.cos(angle);
      }
      return [sumRe, sumIm] as const;
    });
    fft(re, im);
    for (const [k, [a, b]] of expected.entries()) {
      expect(re[k]).toBeCloseTo(a, 10);
      expect(im[k]).toBeCloseTo(b, 10);
    }
  });

  it("shows a tone in its own bin and nothing of a constant", () => {
    const power = powerSpectrum(tone(100, 1024, 1024).map((value) => value + 5));
    const strongest = power.indexOf(Math.max(...power));
    expect(strongest + 1).toBe(100);
    expect(power[0]).toBeLessThan(1e-3 * (power[strongest] as number));
  });
});

describe("a spectrogram", () => {
  it("puts a rising tone where it is at each time, and reads no more than it shows", () => {
    const rateHz = 8000;
    const values = Float32Array.from({ length: 80_000 }, (_, i) => {
      const t = i / rateHz;
      return Math.sin(2 * Math.PI * (500 * t + 100 * t * t));
    });
    let read = 0;
    const { columns, bins, maxHz, levels } = spectrogram(
      { start: 0, end: values.length, rateHz, columns: 50 },
      (start, count) => {
        read += count;
        return values.subarray(start, start + count);
      },
    );
    expect([columns, maxHz]).toEqual([50, 4000]);
    expect(read).toBeLessThan(values.length);
    const strongestOf = (column: number): number => {
      const part = levels.subarray(column * bins, (column + 1) * bins);
      return ((part.indexOf(Math.max(...part)) + 1) * maxHz) / bins;
    };
    expect(strongestOf(0)).toBeGreaterThan(450);
    expect(strongestOf(0)).toBeLessThan(600);
    expect(strongestOf(49)).toBeGreaterThan(2400);
    expect(strongestOf(49)).toBeLessThan(2600);
  });

  it("of a recording that is too short is empty", () => {
    expect(spectrogram({ start: 0, end: 3, rateHz: 100, columns: 10 }, () => [0, 0, 0]).columns).toBe(0);
    expect(fftLengthFor(16_000 * 60, 16_000)).toBe(512);
  });
});

describe("measures of a stretch", () => {
  it("are mean, range, strength without the mean, and the strongest frequency between the bins", () => {
    const values = tone(24.9, 1600, 16_000, 0.5).map((value) => value + 1);
    const { mean, min, max, rms, peakHz } = measure(values, 0, 1, 1600);
    expect(mean).toBeCloseTo(1, 3);
    expect([min, max].map((value) => Math.round(value * 100) / 100)).toEqual([0.5, 1.5]);
    expect(rms).toBeCloseTo(0.5 / Math.SQRT2, 3);
    expect(peakHz).toBeCloseTo(24.9, 1);
  });

  it("of one channel do not see the others, and of a still one find no frequency", () => {
    const both = new Float32Array(2000).map((_, i) => (i % 2 === 0 ? 3 : Math.sin(i)));
    expect(measure(both, 0, 2, 100)).toEqual({ mean: 3, min: 3, max: 3, rms: 0, peakHz: null });
    expect(measure(both, 1, 2, 100).peakHz).not.toBeNull();
  });
});
