import { describe, expect, it } from "vitest";
import { type ChannelStretch, checkChannels, correlation } from "../../src-main/features/channel-check.ts";
import { findSame } from "../../src-main/features/same-signal.ts";
import { noiseFrom } from "../services/learning-projects.ts";

/** A machine that hums at a fixed pitch, with noise of a seed of its own. */
function hum(count: number, seed: number, noise = 0.2): Float32Array {
  const random = noiseFrom(seed);
  const phase = random() * 3;
  return Float32Array.from({ length: count }, (_, i) => 1 + Math.sin(0.31 * i + phase) + noise * random());
}

describe("the same measurement", () => {
  const whole = hum(6000, 1);

  it("is found again shifted, scaled, offset and rounded, at the right place", () => {
    const part = whole.slice(1234, 1234 + 1500);
    expect(findSame(part, whole)).toBe(1234);
    expect(
      findSame(
        part.map((value) => -3 * value + 7),
        whole,
      ),
    ).toBe(1234);
    expect(
      findSame(
        part.map((value) => Math.round(value * 50) / 50),
        whole,
      ),
    ).toBe(1234);
  });

  it("is not seen in another recording of the same machine, however alike they are", () => {
    for (const noise of [1, 0.2, 0.05, 0.01, 0]) {
      const first = hum(4000, 2, noise);
      const second = hum(6000, 3, noise);
      expect(findSame(first.slice(500, 2500), second), `noise ${noise}`).toBeNull();
    }
  });

  it("is not seen in noise, nor in what stands still", () => {
    const random = noiseFrom(9);
    const noise = Float32Array.from({ length: 3000 }, () => random());
    expect(
      findSame(
        noise.slice(0, 1000),
        Float32Array.from({ length: 3000 }, () => random()),
      ),
    ).toBeNull();
    expect(findSame(new Float32Array(100).fill(2), noise)).toBeNull();
    expect(findSame(noise.slice(0, 100), new Float32Array(500).fill(2))).toBeNull();
    // Longer than what it is looked for in.
    expect(findSame(noise, noise.slice(0, 1000))).toBeNull();
  });

  it("is found where both are of the same length, unless it is a hum that any other would fit", () => {
    const random = noiseFrom(10);
    const noise = Float32Array.from({ length: 2000 }, () => random());
    expect(findSame(noise.slice(), noise)).toBe(0);
    expect(findSame(hum(2000, 4, 0), hum(2000, 4, 0))).toBeNull();
  });
});

describe("channels", () => {
  const random = noiseFrom(5);
  const moving = (count = 200): Float32Array =>
    Float32Array.from({ length: count }, () => Math.round(100 * random()));
  const still = new Float32Array(200).fill(3);
  const stretch = (recording: number, channels: Float32Array[]): ChannelStretch => ({ recording, channels });

  it("that carry nothing are found: dead, standing still in some, the same as another, within the sensor's steps", () => {
    const [a, b] = [moving(), moving()];
    const weak = Float32Array.from({ length: 200 }, (_, i) => (i % 7 === 0 ? 1 : 0));
    const stretches = [
      stretch(11, [a, still, a.map((value) => 5 - 2 * value), weak, moving()]),
      stretch(12, [b, still, b.map((value) => 9 - 3 * value), weak, still]),
    ];
    expect(checkChannels(stretches, true)).toEqual([
      { kind: "constant", channel: 1, recordings: [11, 12] },
      { kind: "weak", channel: 3, recordings: [11, 12] },
      { kind: "constant", channel: 4, recordings: [12] },
      { kind: "duplicate", channel: 2, of: 0 },
    ]);
    // Physical values have no steps.
    expect(checkChannels(stretches, false).map(({ kind }) => kind)).not.toContain("weak");
  });

  it("of a sound sensor are none of that, also where two resemble each other", () => {
    const shared = moving();
    const stretches = [1, 2, 3].map((recording) =>
      stretch(recording, [
        shared.map((value) => value + 5 * random()),
        shared.map((value) => value + 5 * random()),
      ]),
    );
    expect(correlation(stretches[0]?.channels[0] ?? [], stretches[0]?.channels[1] ?? [])).toBeGreaterThan(
      0.99,
    );
    expect(checkChannels(stretches, true)).toEqual([]);
    expect(checkChannels([], true)).toEqual([]);
    expect(checkChannels([stretch(1, [new Float32Array(3)])], true)).toEqual([]);
  });
});
