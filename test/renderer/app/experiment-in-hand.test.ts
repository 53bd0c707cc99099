import { beforeEach, describe, expect, it, vi } from "vitest";
import { rememberedInHand, rememberInHand, stepsFor } from "../../../src-renderer/app/experiment-in-hand.ts";
import type { ExperimentInfo } from "../../../src-shared/contract/index.ts";

const steps = {
  goal: "done",
  collect: "done",
  design: "done",
  train: "done",
  convert: "to-do",
  evaluate: "to-do",
  deploy: "to-do",
} as const;

const experiment = (id: number, more: Partial<ExperimentInfo> = {}): ExperimentInfo =>
  ({ id, converted: false, evaluated: false, deployed: false, outOfDate: false, ...more }) as ExperimentInfo;

describe("the experiment in hand", () => {
  it("is what the steps are about, also when a search or a comparison made newer ones", () => {
    const inHand = experiment(1, { converted: true, evaluated: true, deployed: true });
    expect(stepsFor(steps, inHand, [inHand])).toEqual(steps);
    expect(stepsFor(steps, inHand, [inHand, experiment(2)])).toEqual({
      ...steps,
      convert: "done",
      evaluate: "done",
      deploy: "done",
    });
    const old = experiment(1, { converted: true, outOfDate: true });
    expect(stepsFor({ ...steps, deploy: "done" }, old, [old, experiment(2)])).toMatchObject({
      train: "out-of-date",
      convert: "out-of-date",
      evaluate: "to-do",
      deploy: "out-of-date",
    });
  });

  describe("is remembered", () => {
    beforeEach(() => {
      const kept = new Map<string, string>();
      vi.stubGlobal("localStorage", {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
      });
    });

    it("for each project, until another experiment was made elsewhere or it is gone", () => {
      const two = [experiment(1), experiment(2)];
      rememberInHand("/a.limpet", 1, two);
      expect(rememberedInHand("/a.limpet", two)).toBe(1);
      expect(rememberedInHand("/b.limpet", two)).toBeNull();
      expect(rememberedInHand("/a.limpet", [...two, experiment(3)])).toBeNull();
      expect(rememberedInHand("/a.limpet", [experiment(2)])).toBeNull();
    });

    it("and what cannot be read counts as nothing", () => {
      for (const text of ["", "{", "7", "[]", '["x",2]']) {
        localStorage.setItem("limpet.experiment:/a.limpet", text);
        expect(rememberedInHand("/a.limpet", [experiment(1), experiment(2)])).toBeNull();
      }
    });
  });
});
