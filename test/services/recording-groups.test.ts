import { describe, expect, it } from "vitest";
import { groupingsOf, valuesOnBothSides } from "../../src-main/services/recording-groups.ts";
import type { SplitName } from "../../src-shared/contract/index.ts";

type Named = { name: string; label?: string; group?: string; machine?: string; split?: SplitName };

const recordings = (all: readonly Named[]) =>
  all.map(({ name, label, group = null, machine = "", split = "train" }, index) => ({
    id: index + 1,
    name,
    label: label ?? (name.split(".")[0] as string),
    group,
    machine,
    mount: "",
    split,
  }));

const across = (names: readonly string[]): Named[] =>
  ["zero", "one"].flatMap((label) => names.map((rest) => ({ name: `${label}.${rest}` })));

describe("what recordings have in common", () => {
  it("is found in their names: words, and numbers with the same letters behind them", () => {
    const speakers = groupingsOf(recordings(across(["george-1", "george-2", "lucas-1", "lucas-2"])));
    expect(speakers.map(({ pattern }) => pattern)).toEqual(["\\.([A-Za-z]+)"]);
    expect([...new Set(speakers[0]?.values.values())]).toEqual(["george", "lucas"]);
    const loads = groupingsOf(
      recordings(across(["7mil-0hp", "7mil-1hp", "7mil-2hp", "14mil-0hp", "14mil-1hp", "14mil-2hp"])),
    );
    expect(loads.map(({ pattern }) => pattern)).toEqual(["(\\d+mil)", "(\\d+hp)"]);
    for (const { pattern, values } of loads) {
      for (const [id, value] of values) {
        const name =
          across(["7mil-0hp", "7mil-1hp", "7mil-2hp", "14mil-0hp", "14mil-1hp", "14mil-2hp"])[id - 1]?.name ??
          "";
        expect(new RegExp(pattern ?? "").exec(name)?.[1]).toBe(value);
      }
    }
  });

  it("is found behind the label also where a recording was given another one", () => {
    const all = recordings([
      ...across(["george-1", "george-2", "lucas-1", "lucas-2"]),
      { name: "zero.lucas-9", label: "one" },
    ]);
    expect(groupingsOf(all)[0]?.values.get(9)).toBe("lucas");
  });

  it("is nothing where names only count, where a value goes with one label, or where too few have it", () => {
    expect(groupingsOf(recordings(across(["01", "02", "03"])))).toEqual([]);
    expect(groupingsOf(recordings(["a.x-1", "a.x-2", "b.yy-1", "b.yy-2"].map((name) => ({ name }))))).toEqual(
      [],
    );
    expect(
      groupingsOf(recordings([...across(["red-1", "blue-1"]), ...across(["1", "2", "3", "4"])])),
    ).toEqual([]);
    expect(groupingsOf([])).toEqual([]);
  });

  it("comes first from what somebody named", () => {
    const all = across(["george-1", "george-2", "lucas-1", "lucas-2"]).map((one, index) => ({
      ...one,
      group: index % 2 === 0 ? "monday" : "tuesday",
      machine: index % 4 < 2 ? "pump 1" : "pump 2",
    }));
    expect(groupingsOf(recordings(all)).map(({ field }) => field)).toEqual(["group", "machine", null]);
  });

  it("is told from which side of the split it is on", () => {
    const sides: SplitName[] = ["train", "test", "validation", "test", "train", "train", "test", "test"];
    const all = recordings(
      across(["george-1", "george-2", "lucas-1", "lucas-2"]).map((one, index) => ({
        ...one,
        split: sides[index] as SplitName,
      })),
    );
    const [grouping] = groupingsOf(all);
    expect(valuesOnBothSides(all, grouping ?? { values: new Map() })).toEqual(["george", "lucas"]);
    const apart = all.map((one) => ({
      ...one,
      split: one.name.includes("lucas") ? ("test" as const) : ("train" as const),
    }));
    expect(valuesOnBothSides(apart, grouping ?? { values: new Map() })).toEqual([]);
  });
});
