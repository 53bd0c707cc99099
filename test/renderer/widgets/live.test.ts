import { afterEach, describe, expect, it, vi } from "vitest";
import { thinned } from "../../../src-renderer/widgets/draw-lanes.ts";
import { eachFrame } from "../../../src-renderer/widgets/each-frame.ts";
import { LiveColumns } from "../../../src-renderer/widgets/live-columns.ts";
import { levelAbove, levelShare } from "../../../src-renderer/widgets/live-level.ts";

describe("drawing a live signal", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("draws at the pace of the screen, each thing once, however much comes in between", () => {
    let step: (() => void) | null = null;
    vi.stubGlobal("requestAnimationFrame", (call: () => void) => {
      step = call;
      return 1;
    });
    vi.stubGlobal("cancelAnimationFrame", () => {
      step = null;
    });
    const painted: string[] = [];
    const { draw, end } = eachFrame((id) => painted.push(id));
    for (let i = 0; i < 50; i++) draw(i % 2 === 0 ? "a" : "b");
    expect(painted).toEqual([]);
    (step as (() => void) | null)?.();
    expect(painted).toEqual(["a", "b"]);
    draw("a");
    end();
    expect(step).toBeNull();
  });

  it("keeps the lowest and the highest of neighbours where there are more points than pixels", () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 333 ? 99 : i % 7));
    const lane = thinned({ name: "x", min: values.map((value) => -value), max: values }, 100);
    expect(lane.max).toHaveLength(100);
    expect(Math.max(...lane.max)).toBe(99);
    expect(Math.min(...lane.min)).toBe(-99);
    const few = { name: "x", min: [1, 2], max: [3, 4] };
    expect(thinned(few, 100)).toBe(few);
  });

  it("leaves out what has not come yet, and nothing else", () => {
    const min = [...new Array<number>(4).fill(Number.NaN), 1, 2, 3, 4];
    expect(thinned({ name: "x", min, max: min }, 4)).toEqual({
      name: "x",
      min: [Number.NaN, Number.NaN, 1, 3],
      max: [Number.NaN, Number.NaN, 2, 4],
    });
  });
});

describe("the live spectrogram's picture", () => {
  const base64 = (bytes: readonly number[]): string => Buffer.from(Uint8Array.from(bytes)).toString("base64");
  const piece = (columns: readonly (readonly number[])[]) => ({
    channel: 0,
    columns: columns.length,
    bins: 4,
    columnSeconds: 0.25,
    base64: base64(columns.flat()),
  });
  const brightness = (picture: LiveColumns): number[][] => {
    const pixels = new Uint8ClampedArray(picture.columns * picture.bins * 4);
    picture.paint(pixels);
    return Array.from({ length: picture.bins }, (_, row) =>
      Array.from(
        { length: picture.columns },
        (_c, column) => pixels[(row * picture.columns + column) * 4 + 1] ?? 0,
      ),
    );
  };

  it("puts the newest column at the right and the lowest frequency at the bottom", () => {
    const picture = new LiveColumns();
    picture.add(piece([[200, 100, 100, 100]]), 1);
    picture.add(piece([[100, 100, 100, 200]]), 1);
    const rows = brightness(picture);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toHaveLength(4);
    const [top, , , bottom] = rows as [number[], number[], number[], number[]];
    expect(top[3]).toBeGreaterThan(top[2] ?? 0);
    expect(bottom[2]).toBeGreaterThan(bottom[3] ?? 0);
  });

  it("moves on: what is older than the time shown is gone", () => {
    const picture = new LiveColumns();
    picture.add(piece([[250, 100, 100, 100]]), 1);
    for (let i = 0; i < 4; i++) picture.add(piece([[100, 100, 100, 100]]), 1);
    const bottom = brightness(picture)[3] ?? [];
    expect(new Set(bottom).size).toBe(1);
  });

  it("shows a louder sound at once and darkens slowly after it", () => {
    const picture = new LiveColumns();
    picture.add(piece([[100, 100, 100, 140]]), 1);
    const before = brightness(picture)[0]?.[3] ?? 0;
    picture.add(piece([[100, 100, 100, 240]]), 1);
    picture.add(piece([[100, 100, 100, 140]]), 1);
    const after = brightness(picture)[0]?.[3] ?? 0;
    expect(after).toBeLessThan(before);
  });
});

describe("the level that starts a recording", () => {
  it("is proposed at three times what it is now, in round figures", () => {
    expect(levelAbove(0.121)).toBe(0.4);
    expect(levelAbove(0.0031)).toBe(0.0095);
    expect(levelAbove(2)).toBe(6);
    expect(levelAbove(0.05)).toBe(0.15);
    expect(levelAbove(0)).toBeGreaterThan(0);
  });

  it("lies on a scale that a whisper and a hammer both move", () => {
    expect(levelShare(0.001)).toBe(0);
    expect(levelShare(0.01)).toBeGreaterThan(0.2);
    expect(levelShare(10)).toBe(1);
  });
});
