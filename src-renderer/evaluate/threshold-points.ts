/** What a threshold gives, read off the points that were measured. Knows no looks. */
import type { ThresholdPoint } from "../../src-shared/contract/index.ts";

/** The point in force at a threshold: the last one that is not above it. Points go upwards; null where there are none. */
export function pointAt(points: readonly ThresholdPoint[], threshold: number): ThresholdPoint | null {
  let found: ThresholdPoint | null = null;
  for (const point of points) {
    if (point.threshold > threshold + 1e-9) break;
    found = point;
  }
  return found ?? points[0] ?? null;
}

/** Rates of false alarms to choose from, each hour: from one in four days to one a minute. */
export const RATES = [0, 0.01, 0.04, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 60] as const;

/** A rate in words that say how often: `every 4 hours`, `2 each hour`. */
export type Often =
  | { readonly kind: "none" }
  | { readonly kind: "hourly"; readonly count: number }
  | { readonly kind: "every-hours"; readonly count: number }
  | { readonly kind: "every-days"; readonly count: number };

export function often(perHour: number): Often {
  if (perHour <= 0) return { kind: "none" };
  if (perHour >= 1)
    return { kind: "hourly", count: perHour < 10 ? Math.round(perHour * 10) / 10 : Math.round(perHour) };
  const hours = 1 / perHour;
  return hours < 36
    ? { kind: "every-hours", count: Math.round(hours) }
    : { kind: "every-days", count: Math.round(hours / 24) };
}
