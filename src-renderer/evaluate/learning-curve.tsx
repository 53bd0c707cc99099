/** "Would more data help?": the same design trained on parts of the recordings, as a curve with its intervals and a verdict. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo, LearningCurveReport } from "../../src-shared/contract/index.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { fixed, percent } from "../locales/format.ts";
import { Card, ErrorMessage, Message, WorkProgress } from "../widgets/parts.tsx";

export function LearningCurve({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const curve = useKeptWork("evaluation:learning-curve", experiment.id);
  const report = curve.result;
  const values = experiment.task === "regression";
  return (
    <Card
      title={t("Would more recordings help?")}
      aside={
        <Button
          variant="default"
          loading={curve.running}
          onClick={() => void curve.start({ experiment: experiment.id })}
        >
          {report === null ? t("Find out") : t("Find out again")}
        </Button>
      }
    >
      <ErrorMessage error={curve.error} />
      {curve.running && (
        <WorkProgress
          title={t("Training on parts of the recordings")}
          stage={curve.stage}
          fraction={curve.fraction}
          startedAt={curve.startedAt}
          onCancel={curve.cancel}
        />
      )}
      {report === null && !curve.running && (
        <p className="soft">
          {t(
            "Trains the same design on a quarter, half, three quarters and all of the recordings, and compares. No experiment is added to the list.",
          )}
        </p>
      )}
      {report !== null && (
        <>
          <Chart report={report} values={values} />
          <Message level={report.verdict === "enough" ? "good" : "info"} message={report.advice} />
        </>
      )}
    </Card>
  );
}

const WIDTH = 420;
const HEIGHT = 210;
const LEFT = 54;
const BOTTOM = 40;

function Chart({ report, values }: { report: LearningCurveReport; values: boolean }) {
  const { t } = useTranslation();
  const { points } = report;
  const most = Math.max(1, ...points.map(({ recordings }) => recordings));
  const lows = points.map(({ accuracyInterval, validationAccuracy }) =>
    Math.min(accuracyInterval[0], validationAccuracy),
  );
  const low = Math.max(0, Math.floor((Math.min(1, ...lows) - 0.02) * 10) / 10);
  const x = (recordings: number): number => LEFT + (recordings / most) * (WIDTH - LEFT - 24);
  const y = (share: number): number => 12 + ((1 - share) / Math.max(0.1, 1 - low)) * (HEIGHT - BOTTOM - 12);
  const write = (share: number): string => (values ? fixed(share, 2) : percent(share));
  const steps = [low, (low + 1) / 2, 1];
  return (
    <figure className="curves">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        className="learning-curve"
        role="img"
        aria-label={points
          .map((one) =>
            t("{{recordings}} recordings: {{accuracy}}", {
              recordings: one.recordings,
              accuracy: write(one.validationAccuracy),
            }),
          )
          .join("; ")}
      >
        {steps.map((share) => (
          <g key={share}>
            <line x1={LEFT} x2={WIDTH - 12} y1={y(share)} y2={y(share)} stroke="var(--line)" />
            <text x={LEFT - 8} y={y(share) + 4} textAnchor="end" fill="var(--ink-soft)" fontSize="12">
              {write(share)}
            </text>
          </g>
        ))}
        <polyline
          points={points.map((one) => `${x(one.recordings)},${y(one.validationAccuracy)}`).join(" ")}
          fill="none"
          stroke="var(--accent)"
          strokeWidth="2"
        />
        {points.map((one) => (
          <g key={one.fraction}>
            <line
              x1={x(one.recordings)}
              x2={x(one.recordings)}
              y1={y(one.accuracyInterval[1])}
              y2={y(one.accuracyInterval[0])}
              stroke="var(--accent)"
              strokeWidth="8"
              strokeLinecap="round"
              opacity="0.28"
            />
            <circle cx={x(one.recordings)} cy={y(one.validationAccuracy)} r="5.5" fill="var(--accent)" />
            <text
              x={x(one.recordings)}
              y={HEIGHT - BOTTOM + 18}
              textAnchor="middle"
              fill="var(--ink-soft)"
              fontSize="12"
            >
              {one.recordings}
            </text>
          </g>
        ))}
        <text x={(LEFT + WIDTH) / 2} y={HEIGHT - 4} textAnchor="middle" fill="var(--ink-soft)" fontSize="12">
          {t("recordings to learn from")}
        </text>
      </svg>
    </figure>
  );
}
