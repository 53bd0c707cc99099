import { describe, expect, it } from "vitest";
import { filterRecordings, NO_FILTER } from "../../../src-renderer/collect/list-filter.ts";
import type { RecordingInfo } from "../../../src-shared/contract/index.ts";

const recording = (id: number, more: Partial<RecordingInfo>): RecordingInfo => ({
  id,
  name: `r${id}`,
  label: "on",
  group: null,
  notes: "",
  machine: "",
  mount: "",
  photo: null,
  origin: "board",
  source: "board",
  createdAt: "2026-11-01T00:00:00Z",
  seconds: id,
  excluded: false,
  incomplete: false,
  split: "train",
  streams: [],
  quality: [],
  ...more,
});

const ids = (list: readonly RecordingInfo[]): number[] => list.map(({ id }) => id);

const all = [
  recording(1, { name: "pump.2", group: "Hall 3", split: "test" }),
  recording(2, { name: "pump.10", label: "off", notes: "new bearing" }),
  recording(3, { name: "fan.1", excluded: true, seconds: 0.5 }),
  recording(4, {
    name: "fan.2",
    quality: [{ kind: "clipped", level: "warning", message: "It is clipped." }],
  }),
];

describe("the list of recordings", () => {
  it("shows the newest first where nothing is searched for", () => {
    expect(ids(filterRecordings(all, NO_FILTER))).toEqual([4, 3, 2, 1]);
  });

  it("finds all words in name, group, class and notes, in any case", () => {
    expect(ids(filterRecordings(all, { ...NO_FILTER, search: "PUMP hall" }))).toEqual([1]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, search: "bearing off" }))).toEqual([2]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, search: "pump fan" }))).toEqual([]);
  });

  it("shows one class, one side of the split, those with warnings or those left out", () => {
    expect(ids(filterRecordings(all, { ...NO_FILTER, label: "off" }))).toEqual([2]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, state: "test" }))).toEqual([1]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, state: "warnings" }))).toEqual([4]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, state: "excluded" }))).toEqual([3]);
  });

  it("orders names as people count, and lengths either way", () => {
    expect(ids(filterRecordings(all, { ...NO_FILTER, sort: "name" }))).toEqual([3, 4, 1, 2]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, sort: "shortest" }))).toEqual([3, 1, 2, 4]);
    expect(ids(filterRecordings(all, { ...NO_FILTER, sort: "longest" }))).toEqual([4, 2, 1, 3]);
  });

  it("filters and orders 20,000 recordings without changing what it was given", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => recording(i, { label: i % 2 ? "on" : "off" }));
    const before = ids(many);
    expect(filterRecordings(many, { ...NO_FILTER, label: "on", sort: "name" })).toHaveLength(10_000);
    expect(ids(many)).toEqual(before);
  });
});
