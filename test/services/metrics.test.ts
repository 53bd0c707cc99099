import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { areaUnderCurve } from "../../src-main/features/anomaly.ts";
import { principalPlane } from "../../src-main/services/feature-map.ts";
import {
  accuracyOf,
  argmax,
  classMetrics,
  confusionMatrix,
  crossEntropy,
  mcnemar,
  regressionMetrics,
  wilsonInterval,
} from "../../src-main/services/metrics.ts";

const PYTHON = join(import.meta.dirname, "../../.tools/python/bin/python");

describe("metrics", () => {
  it("of a worked example are those done by hand", () => {
    const matrix = confusionMatrix(3, [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 0]);
    expect(matrix).toEqual([
      [2, 1, 0],
      [0, 2, 0],
      [1, 0, 0],
    ]);
    expect(accuracyOf(matrix)).toBeCloseTo(4 / 6, 12);
    expect(classMetrics(matrix, 0)).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 });
    expect(classMetrics(matrix, 1)).toMatchObject({ precision: 2 / 3, recall: 1, support: 2 });
    expect(classMetrics(matrix, 2)).toEqual({ precision: 0, recall: 0, f1: 0, support: 1 });
  });

  it("take the first of equal scores, as the board does", () => {
    expect(argmax([1, 3, 3, 2])).toBe(1);
    expect(argmax(new Float32Array([0, 0]))).toBe(0);
  });

  it("bound the loss of a score of nothing, which int8 has", () => {
    expect(crossEntropy([1, 1])).toBe(0);
    expect(crossEntropy([0])).toBeCloseTo(Math.log(512), 12);
  });

  it("give an interval that holds the accuracy and is never outside 0 and 1", () => {
    // Wilson's interval for 8 of 10 (Agresti and Coull 1998 give 0.49 to 0.94).
    const [low, high] = wilsonInterval(8, 10);
    expect(low).toBeCloseTo(0.4901625, 6);
    expect(high).toBeCloseTo(0.9433178, 6);
    expect(wilsonInterval(10, 10)[1]).toBeCloseTo(1, 12);
    expect(wilsonInterval(0, 10)[0]).toBeCloseTo(0, 12);
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it("are those of scikit-learn and statsmodels for areas under the ROC curve, with ties, and for intervals", () => {
    type Vectors = {
      areas: { actual: number[]; scores: number[][]; auc: number[] }[];
      intervals: [number, number, number, number][];
    };
    const path = join(import.meta.dirname, "../fixtures/metric-vectors.json");
    const { areas, intervals } = JSON.parse(readFileSync(path, "utf8")) as Vectors;
    for (const { actual, scores, auc } of areas) {
      for (const [label, expected] of auc.entries()) {
        const of = (own: boolean): number[] =>
          scores.flatMap((row, index) => ((actual[index] === label) === own ? [row[label] as number] : []));
        expect(areaUnderCurve(of(false), of(true))).toBeCloseTo(expected, 12);
      }
    }
    for (const [hits, count, low, high] of intervals) {
      const [from, to] = wilsonInterval(hits, count);
      expect([from, to].map((end) => end.toFixed(9))).toEqual([low, high].map((end) => end.toFixed(9)));
    }
  });

  it("of values are the errors and the share of variance explained", () => {
    expect(regressionMetrics([1, 2, 3], [1, 2, 3])).toEqual({ mae: 0, rmse: 0, r2: 1 });
    expect(regressionMetrics([1, 2, 3], [2, 2, 2])).toMatchObject({ mae: 2 / 3, r2: 0 });
    expect(regressionMetrics([1, 3], [3, 3]).rmse).toBeCloseTo(Math.sqrt(2), 12);
    // Where nothing varies, nothing can be explained.
    expect(regressionMetrics([2, 2], [1, 3]).r2).toBe(0);
  });

  it("of two classifiers are exact up to fifty differences, and corrected for continuity beyond", () => {
    // Twice the lower tail of the binomial distribution by hand: 2 (1 + 8) / 2^8, 2 / 2^6.
    expect(mcnemar(1, 7)).toBe(18 / 256);
    expect(mcnemar(6, 0)).toBe(2 / 64);
    expect(mcnemar(5, 5)).toBe(1);
    // erfc(sqrt(34^2 / 55 / 2)) and erfc(sqrt(49^2 / 450 / 2)).
    expect(mcnemar(10, 45) / 4.549454738500185e-6).toBeCloseTo(1, 6);
    expect(mcnemar(250, 200) / 0.020894679453551866).toBeCloseTo(1, 6);
  });

  it("of two classifiers are those of SciPy", ({ skip }) => {
    expect(mcnemar(0, 0)).toBe(1);
    if (!existsSync(PYTHON)) {
      console.warn(`SKIPPED: the reference libraries are not at ${PYTHON} (npm run setup -- --tests)`);
      skip();
    }
    const cases = [
      [0, 1],
      [1, 7],
      [5, 5],
      [20, 30],
      [10, 45],
      [200, 250],
      [51, 0],
    ] as const;
    const script = `
import json, sys
from scipy.stats import binomtest, chi2
print(json.dumps([binomtest(min(b, c), b + c, 0.5).pvalue if b + c <= 50 else float(chi2.sf(max(0, abs(b - c) - 1) ** 2 / (b + c), 1)) for b, c in json.loads(sys.argv[1])]))`;
    const reference = JSON.parse(
      execFileSync(PYTHON, ["-c", script, JSON.stringify(cases)], { encoding: "utf8" }),
    ) as number[];
    for (const [index, [onlyA, onlyB]] of cases.entries()) {
      const expected = reference[index] as number;
      expect(Math.abs(mcnemar(onlyA, onlyB) - expected)).toBeLessThanOrEqual(1e-6 * expected + 1e-12);
    }
  });
});

describe("the plane of principal components", () => {
  it("keeps distances of points that lie in a plane", () => {
    // Three directions, one of them the sum of the others: all variance is in two.
    const points = Array.from({ length: 40 }, (_, i) => [Math.cos(i * 1.7) * 5, Math.sin(i * 2.3)] as const);
    const features = Float32Array.from(points.flatMap(([a, b]) => [a, b, a + b]));
    const plane = principalPlane(features, 3);
    for (let i = 1; i < points.length; i++) {
      const [a, b] = [0, 1, 2].map((k) => (features[3 * i + k] ?? 0) - (features[3 * i - 3 + k] ?? 0)) as [
        number,
        number,
      ];
      const distance = Math.hypot(a, b, a + b);
      const [from, to] = [plane[i - 1], plane[i]] as [{ x: number; y: number }, { x: number; y: number }];
      expect(Math.hypot(to.x - from.x, to.y - from.y)).toBeCloseTo(distance, 3);
    }
  });

  it("of nothing is empty, and of equal points one point", () => {
    expect(principalPlane(new Float32Array(0), 3)).toEqual([]);
    expect(principalPlane(new Float32Array([1, 2, 1, 2]), 2)).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ]);
  });
});
