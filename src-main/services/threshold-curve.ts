/**
 * What a label's threshold gives: false alarms for each hour, and misses. Pure arithmetic over scores; knows neither experiments nor
 * boards.
 */
import type { ThresholdPoint } from "../../src-shared/contract/index.ts";

/** Steps of the scores of an int8 softmax: no threshold between two of them means anything else. */
const STEPS = 256;
/** No answer has such a score: the label is never called. */
export const NEVER = 1;

export type LabelAnswers = {
  /** Windows of the label. */
  readonly own: number;
  /** Of these, the scores of those that have the label's score as their highest. */
  readonly hits: readonly number[];
  /** Scores of windows of other labels that have this one's as their highest. */
  readonly alarms: readonly number[];
  /** Hours that all windows of other labels stand for. */
  readonly otherHours: number;
};

/** Figures at one threshold: an answer counts where its score is at least that. */
export function pointAt({ own, hits, alarms, otherHours }: LabelAnswers, threshold: number): ThresholdPoint {
  const reached = (scores: readonly number[]): number => scores.filter((score) => score >= threshold).length;
  return {
    threshold,
    falseAlarmsPerHour: otherHours === 0 ? 0 : reached(alarms) / otherHours,
    misses: own === 0 ? 0 : 1 - reached(hits) / own,
  };
}

/** Points from 0 upwards, one wherever a figure changes, on the scores' steps. */
export function thresholdCurve(answers: LabelAnswers): ThresholdPoint[] {
  const steps = [...answers.hits, ...answers.alarms].map((score) => Math.floor(score * STEPS) + 1);
  const changes = [...new Set([0, ...steps])].filter((step) => step <= STEPS).sort((a, b) => a - b);
  return changes.map((step) => pointAt(answers, step / STEPS));
}

/**
 * The lowest threshold with no more false alarms than wanted, because misses only grow with it; `NEVER` where only silence keeps to
 * that.
 */
export const thresholdFor = (curve: readonly ThresholdPoint[], falseAlarmsPerHour: number): ThresholdPoint =>
  curve.find((point) => point.falseAlarmsPerHour <= falseAlarmsPerHour) ?? {
    threshold: NEVER,
    falseAlarmsPerHour: 0,
    misses: 1,
  };
