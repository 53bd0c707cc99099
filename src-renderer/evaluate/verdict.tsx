/** The answer of the test in one look: how many right, how sure that is, and whether it meets the goal. */
import { CircleCheck, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { useApp } from "../app/store.ts";
import { fixed, percent } from "../locales/format.ts";

/** Below this many windows of a class, its figures are guesses. */
const FEW = 10;

export function Verdict({ report }: { report: EvaluationReport }) {
  const { t } = useTranslation();
  const goal = useApp((state) => state.summary?.goal.accuracy ?? 0.9);
  const [low, high] = report.accuracyInterval;
  const met = report.accuracy >= goal;
  const Icon = met ? CircleCheck : TriangleAlert;
  const few = Object.entries(report.perClass).filter(([, one]) => one.support > 0 && one.support < FEW);
  return (
    <section className="card verdict" data-met={met} aria-label={t("Result")}>
      <div className="figure">
        <Icon size={30} aria-hidden />
        {percent(report.accuracy)}
      </div>
      <div className="grow">
        <p role="status">
          <b>
            {t("{{right}} of {{windows}} right ({{accuracy}}), likely between {{low}} and {{high}}.", {
              right: Math.round(report.accuracy * report.windows),
              windows: report.windows,
              accuracy: percent(report.accuracy),
              low: percent(low),
              high: percent(high),
            })}
          </b>
        </p>
        <p className="soft">
          {met
            ? t("This meets the goal of {{goal}}.", { goal: percent(goal) })
            : t("The goal of {{goal}} is not met.", { goal: percent(goal) })}{" "}
          {t("Whole recordings by the majority of their windows: {{right}} of {{count}} right.", {
            right: Math.round(report.recordings.accuracy * report.recordings.count),
            count: report.recordings.count,
          })}
        </p>
        <p className="soft">
          {report.auc !== null &&
            t("Area under the ROC curve {{auc}}, mean of the classes.", { auc: fixed(report.auc, 3) })}{" "}
          {report.unknown !== undefined &&
            report.unknown.windows > 0 &&
            report.unknown.answeredAccuracy !== null &&
            t(
              "With the thresholds in force {{unknown}} windows are called unknown; of the others {{accuracy}} are right.",
              { unknown: report.unknown.windows, accuracy: percent(report.unknown.answeredAccuracy) },
            )}
        </p>
        {few.map(([label, one]) => (
          <p key={label} className="warn-text">
            {t("Only {{count}} held-back windows of “{{label}}”: its figure is a guess.", {
              count: one.support,
              label,
            })}
          </p>
        ))}
      </div>
      <Interval low={low} high={high} at={report.accuracy} goal={goal} />
    </section>
  );
}

/** The interval on a scale that ends at 100 %, with the goal as a line. */
function Interval(props: { low: number; high: number; at: number; goal: number }) {
  const { t } = useTranslation();
  const from = Math.max(0, Math.floor((Math.min(props.low, props.goal) - 0.05) * 10) / 10);
  const x = (share: number): number => ((share - from) / (1 - from)) * 200 + 10;
  return (
    <svg
      viewBox="0 0 220 62"
      className="interval"
      role="img"
      aria-label={t("Between {{low}} and {{high}}; the goal is {{goal}}", {
        low: percent(props.low),
        high: percent(props.high),
        goal: percent(props.goal),
      })}
    >
      <line x1="10" x2="210" y1="34" y2="34" stroke="var(--line-strong)" />
      <rect
        x={x(props.low)}
        width={Math.max(2, x(props.high) - x(props.low))}
        y="27"
        height="14"
        rx="7"
        fill="var(--accent)"
        opacity="0.35"
      />
      <circle cx={x(props.at)} cy="34" r="7" fill="var(--accent)" />
      <line
        x1={x(props.goal)}
        x2={x(props.goal)}
        y1="18"
        y2="48"
        stroke="var(--ink)"
        strokeWidth="1.5"
        strokeDasharray="3 2"
      />
      <text x={Math.min(190, x(props.goal))} y="13" textAnchor="middle" fill="var(--ink)" fontSize="11.5">
        {t("goal")}
      </text>
      <text x="10" y="60" fill="var(--ink-soft)" fontSize="11.5">
        {percent(from)}
      </text>
      <text x="210" y="60" textAnchor="end" fill="var(--ink-soft)" fontSize="11.5">
        100 %
      </text>
    </svg>
  );
}
