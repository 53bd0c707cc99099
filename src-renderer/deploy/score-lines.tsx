/** The scores of the last ten seconds as one line for each class, with the threshold; the newest at the right. */
import { useTranslation } from "react-i18next";
import type { Prediction } from "../../src-shared/contract/index.ts";
import { percent } from "../locales/format.ts";
import { classMark } from "../widgets/parts.tsx";
import { STRIP_MS } from "./use-live.ts";

const WIDTH = 900;
const HEIGHT = 96;
const DASHES = ["", "8 5", "2 4", "10 3 2 3", "5 2", "14 5"];

export function ScoreLines(props: {
  answers: readonly Prediction[];
  labels: readonly string[];
  threshold: number;
}) {
  const { t } = useTranslation();
  const { answers, labels, threshold } = props;
  const end = answers.at(-1)?.timeMs ?? 0;
  const names = Object.keys(answers.at(-1)?.scores ?? {});
  const x = (ms: number): string => ((1 - (end - ms) / STRIP_MS) * WIDTH).toFixed(1);
  const y = (score: number): string => (4 + (1 - Math.min(1, Math.max(0, score))) * (HEIGHT - 8)).toFixed(1);
  const limit = y(threshold);
  return (
    <div className="score-plot">
      <span aria-hidden>{percent(1)}</span>
      <span aria-hidden>{percent(0)}</span>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="score-lines"
        role="img"
        aria-label={t("Scores of each class over the last 10 seconds")}
      >
        <line
          x1="0"
          x2={WIDTH}
          y1={limit}
          y2={limit}
          stroke="var(--ink)"
          strokeDasharray="4 4"
          opacity="0.6"
          vectorEffect="non-scaling-stroke"
        />
        {names.map((name) => {
          const { color, index } = classMark(labels, name);
          const points = answers.map(({ timeMs, scores }) => `${x(timeMs)},${y(scores[name] ?? 0)}`);
          return (
            <polyline
              key={name}
              points={points.join(" ")}
              fill="none"
              stroke={color}
              strokeWidth="2.25"
              strokeDasharray={DASHES[index % DASHES.length]}
              vectorEffect="non-scaling-stroke"
            />
          );
        })}
      </svg>
    </div>
  );
}
