/** All windows' features as a map of two principal components: classes by colour and shape; a dot opens its recording. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DesignFile } from "../../src-shared/design.ts";
import { useAnswer } from "../app/engine-context.ts";
import { Card, ClassChip, classMark, ErrorMessage, useLabels } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";

const WIDTH = 900;
const HEIGHT = 320;
/** More dots than this say nothing more and make the page slow. */
const MAX_DOTS = 1500;

export function FeatureMap({ design }: { design: DesignFile }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const { answer, error, asking } = useAnswer("design:get-map", { design }, 500);
  const [shown, setShown] = useState<Shown | null>(null);
  const dots = useMemo(() => {
    const all = answer?.points ?? [];
    const points = all.filter((_, index) => index % Math.ceil(all.length / MAX_DOTS) === 0);
    const xs = points.map(({ x }) => x);
    const ys = points.map(({ y }) => y);
    const place = (values: number[], value: number, size: number): number => {
      const low = Math.min(...values);
      return 14 + ((value - low) / Math.max(1e-9, Math.max(...values) - low)) * (size - 28);
    };
    return points.map((point) => ({
      ...point,
      px: place(xs, point.x, WIDTH),
      py: HEIGHT - place(ys, point.y, HEIGHT),
    }));
  }, [answer]);
  return (
    <Card
      title={t("Map of all windows")}
      aside={
        <div className="row" style={{ gap: 6 }}>
          {[...new Set(dots.map(({ label }) => label))].map((label) => (
            <ClassChip key={label} label={label} />
          ))}
        </div>
      }
    >
      <ErrorMessage error={error} />
      {asking && <p className="soft">{t("Computing the features…")}</p>}
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={t("Map of all windows")}
        className="trace"
      >
        {dots.map((dot) => {
          const { color, shape } = classMark(labels, dot.label);
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut by mouse; the list in Collect opens the same by keys.
            <text
              key={`${dot.recording}-${dot.startMs}`}
              x={dot.px}
              y={dot.py}
              fill={color}
              fontSize={11}
              opacity={0.8}
              textAnchor="middle"
              dominantBaseline="middle"
              style={{ cursor: "pointer" }}
              onClick={() => setShown({ id: dot.recording })}
            >
              {shape}
            </text>
          );
        })}
      </svg>
      <p className="soft small">
        {t("Classes that lie on top of each other will be confused. A click opens the recording.")}
      </p>
      <RecordingDialog shown={shown} onShow={setShown} />
    </Card>
  );
}
