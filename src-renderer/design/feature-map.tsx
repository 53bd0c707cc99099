/** All windows' features as a map of two principal components: classes by colour and shape; a dot opens its recording. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RequestResult } from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { useAnswer } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { fixed } from "../locales/format.ts";
import { Card, ClassChip, classMark, ErrorMessage, useLabels } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { Thumbnail } from "../widgets/thumbnail.tsx";

type Point = RequestResult<"design:get-map">["points"][number];

const WIDTH = 900;
const HEIGHT = 320;
/** More dots than this say nothing more and make the page slow. */
const MAX_DOTS = 1500;

export function FeatureMap({ design }: { design: DesignFile }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const { answer, error, asking } = useAnswer("design:get-map", { design }, 500);
  const [shown, setShown] = useState<Shown | null>(null);
  const [pointed, setPointed] = useState<Point | null>(null);
  const spanOf = ({ startMs }: Point) => ({ fromMs: startMs, toMs: startMs + design.window.lengthMs });
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
              onMouseEnter={() => setPointed(dot)}
              onClick={() => setShown({ id: dot.recording, mark: spanOf(dot) })}
            >
              {shape}
            </text>
          );
        })}
      </svg>
      {pointed === null ? (
        <p className="soft small pointed">
          {t("Classes that lie on top of each other will be confused. A click opens the signal.")}
        </p>
      ) : (
        <Pointed point={pointed} span={spanOf(pointed)} />
      )}
      <RecordingDialog shown={shown} onShow={setShown} />
    </Card>
  );
}

/** The window under the pointer: its signal in small, and whose it is. */
function Pointed({ point, span }: { point: Point; span: { fromMs: number; toMs: number } }) {
  const { t } = useTranslation();
  const recording = useApp((state) => state.recordings.find(({ id }) => id === point.recording));
  return (
    <div className="pointed">
      <Thumbnail stream={recording?.streams[0]} window={span} />
      <ClassChip label={point.label} />
      <span className="small">
        {t("{{name}}, {{from}} to {{to}} s", {
          name: recording?.name ?? "",
          from: fixed(span.fromMs / 1000, 1),
          to: fixed(span.toMs / 1000, 1),
        })}
      </span>
    </div>
  );
}
