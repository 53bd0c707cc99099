import { describe, expect, it } from "vitest";
import { assignSplit, type SplitItem } from "../../src-main/dataset/split.ts";
import { countWindows, summariseSplit } from "../../src-main/dataset/window-count.ts";
import { completeSplit } from "../../src-main/services/project-service.ts";
import type { RecordingInfo, SplitName, SplitOptions } from "../../src-shared/contract/index.ts";
import { errorOf } from "./helpers.ts";

const options: SplitOptions = { train: 0.6, validation: 0.2, test: 0.2, by: "recording", seed: 1 };

const items = (
  labels: number,
  each: number,
  group: (label: number, n: number) => string | null = () => null,
): SplitItem[] =>
  Array.from({ length: labels * each }, (_, i) => {
    const label = Math.floor(i / each);
    const n = i % each;
    return {
      id: i + 1,
      name: `l${label}.${n}hp`,
      source: `l${label}.${n}hp.csv`,
      label: `l${label}`,
      group: group(label, n),
    };
  });

function count(list: readonly SplitItem[], sides: ReadonlyMap<number, SplitName>, label?: string): number[] {
  return (["train", "validation", "test"] as const).map(
    (side) =>
      list.filter((item) => (label === undefined || item.label === label) && sides.get(item.id) === side)
        .length,
  );
}

describe("a split by recording", () => {
  it("divides values to predict without regard to them: each is a label that one recording has", () => {
    const list = items(30, 1).map((item, index) => ({ ...item, label: String(20 + index * 0.5) }));
    expect(count(list, assignSplit(list, options))).toEqual([18, 6, 6]);
    const classes = items(3, 10).map((item) => ({ ...item, label: item.label.slice(1) }));
    expect(count(classes, assignSplit(classes, options), "1")).toEqual([6, 2, 2]);
  });

  it("gives every side its part, as a whole and of each label", () => {
    const list = items(7, 6);
    const sides = assignSplit(list, options);
    expect(count(list, sides)).toEqual([25, 9, 8]);
    for (let label = 0; label < 7; label++) {
      const [train, validation, test] = count(list, sides, `l${label}`) as [number, number, number];
      expect(train).toBeGreaterThanOrEqual(3);
      expect(validation).toBeGreaterThanOrEqual(1);
      expect(test).toBeGreaterThanOrEqual(1);
    }
  });

  it("is exact where it can be", () => {
    const list = items(3, 10);
    for (let label = 0; label < 3; label++)
      expect(count(list, assignSplit(list, options), `l${label}`)).toEqual([6, 2, 2]);
  });

  it("is the same for the same seed, in whatever order recordings come, and another for another seed", () => {
    const list = items(4, 20);
    const first = assignSplit(list, options);
    expect(new Map([...assignSplit([...list].reverse(), options)].sort(([a], [b]) => a - b))).toEqual(
      new Map([...first].sort(([a], [b]) => a - b)),
    );
    const other = assignSplit(list, { ...options, seed: 2 });
    expect([...first].some(([id, side]) => other.get(id) !== side)).toBe(true);
  });

  it("trains on a label that has one recording only", () => {
    const sides = assignSplit(items(3, 1), options);
    expect([...sides.values()]).toEqual(["train", "train", "train"]);
  });

  it("keeps standing sides and brings the parts right with new recordings", () => {
    const list = items(1, 10);
    const standing = new Map(list.slice(0, 5).map(({ id }) => [id, "train" as const]));
    const sides = assignSplit(list, options, standing);
    expect(count(list, sides)).toEqual([6, 2, 2]);
    for (const id of standing.keys()) expect(sides.get(id)).toBe("train");
  });
});

describe("a split by group", () => {
  it("keeps every group whole and labels in proportion", () => {
    const list = items(3, 40, (_, n) => `speaker ${n % 10}`);
    const sides = assignSplit(list, { ...options, by: "group" });
    for (let group = 0; group < 10; group++) {
      const own = list.filter((item) => item.group === `speaker ${group}`).map((item) => sides.get(item.id));
      expect(new Set(own).size).toBe(1);
    }
    expect(count(list, sides)).toEqual([72, 24, 24]);
  });

  it("gives each side a group as long as there are enough", () => {
    const list = items(2, 9, (_, n) => `session ${n % 3}`);
    expect(count(list, assignSplit(list, { ...options, by: "group" })).every((n) => n === 6)).toBe(true);
  });

  it("gives each side a group also where every group has a label of its own", () => {
    const list = items(3, 4, (label) => `session ${label}`);
    expect(count(list, assignSplit(list, { ...options, by: "group" }))).toEqual([4, 4, 4]);
  });

  it("places large groups first, so that small ones even out what they leave", () => {
    const list = items(1, 10, (_, n) => (n < 5 ? "large" : `small ${n}`));
    for (let seed = 1; seed <= 8; seed++) {
      expect(count(list, assignSplit(list, { ...options, seed, by: "group" }))).toEqual([6, 2, 2]);
    }
  });

  it("gives new groups to the side that lacks recordings, where every side has a group already", () => {
    const list = items(1, 15, (_, n) => (n < 9 ? `old ${n}` : `new ${n % 2}`));
    const sides = ["train", ...new Array(4).fill("validation"), ...new Array(4).fill("test")] as SplitName[];
    const standing = new Map(sides.map((side, index) => [index + 1, side] as const));
    expect(count(list, assignSplit(list, { ...options, by: "group" }, standing))).toEqual([7, 4, 4]);
  });

  it("takes recordings without a group one by one", () => {
    const list = items(2, 10);
    expect(count(list, assignSplit(list, { ...options, by: "group" }))).toEqual([12, 4, 4]);
  });
});

describe("a split with held-out recordings", () => {
  it("puts exactly those into test whose name matches, and divides the rest between train and validation", () => {
    const list = items(4, 4);
    const sides = assignSplit(list, { ...options, holdout: "3hp" });
    expect(list.filter((item) => sides.get(item.id) === "test").map((item) => item.name)).toEqual([
      "l0.3hp",
      "l1.3hp",
      "l2.3hp",
      "l3.3hp",
    ]);
    // Three of each label are left: one of them must be for validation.
    expect(count(list, sides)).toEqual([8, 4, 4]);
  });

  it("also matches the file's name with its extension, and keeps groups whole", () => {
    const list = items(1, 10, (_, n) => `g${n % 5}`);
    const sides = assignSplit(list, { ...options, by: "group", holdout: "3hp\\.csv$" });
    expect(list.filter((item) => sides.get(item.id) === "test").map((item) => item.group)).toEqual([
      "g3",
      "g3",
    ]);
  });

  it("puts no others into test, however few are held out, and draws the rest of their group after them", () => {
    const list = items(1, 20);
    const sides = assignSplit(list, { ...options, holdout: "\\.0hp" });
    expect(list.filter(({ id }) => sides.get(id) === "test").map(({ name }) => name)).toEqual(["l0.0hp"]);
    const group = items(1, 3, () => "one");
    const standing = new Map([[1, "train"]] as const);
    const drawn = assignSplit(group, { ...options, by: "group", holdout: "1hp" }, standing);
    expect([1, 2, 3].map((id) => drawn.get(id))).toEqual(["train", "test", "test"]);
  });

  it("refuses a pattern that is none, and parts that make no sense", () => {
    expect(errorOf("usage", () => assignSplit(items(1, 3), { ...options, holdout: "(" })).exitCode).toBe(2);
    errorOf("usage", () => assignSplit(items(1, 3), { ...options, train: 0, validation: 0.5, test: 0.5 }));
    errorOf("usage", () => assignSplit(items(1, 3), { ...options, test: 0.9 }));
  });
});

describe("parts that are not given", () => {
  it("share what is left as they do by default", () => {
    expect(completeSplit({})).toEqual({ train: 0.6, validation: 0.2, test: 0.2 });
    expect(completeSplit({ train: 0.7 })).toEqual({ train: 0.7, validation: 0.15, test: 0.15 });
    expect(completeSplit({ test: 0 })).toEqual({ train: 0.75, validation: 0.25, test: 0 });
  });
});

describe("windows", () => {
  const window = { lengthMs: 1000, strideMs: 500, short: "drop" as const };
  it("are counted as they fit, none across a gap", () => {
    expect(countWindows(6000, 200, [], window)).toBe(59);
    expect(countWindows(199, 200, [], window)).toBe(0);
    expect(countWindows(199, 200, [], { ...window, short: "pad" })).toBe(1);
    expect(countWindows(600, 200, [300], window)).toBe(4);
    expect(countWindows(600, 200, [150, 450], window)).toBe(2);
  });

  it("of a split by window are divided in proportion", () => {
    const recording = {
      excluded: false,
      split: null,
      seconds: 30,
      streams: [{ id: 1, sensor: "a", samples: 6000, rateHz: 200, gaps: 0 }],
    };
    const summary = summariseSplit(
      [recording as unknown as RecordingInfo],
      { ...options, by: "window" },
      null,
      () => [],
    );
    expect([summary.train.windows, summary.validation.windows, summary.test.windows]).toEqual([35, 12, 12]);
    expect(summary.train.seconds + summary.validation.seconds + summary.test.seconds).toBeCloseTo(30, 2);
  });
});
