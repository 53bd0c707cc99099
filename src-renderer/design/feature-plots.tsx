/** What the features of each class look like: spectra as lines with their spread, log-mel and MFCC as pictures, statistics as marks. */
import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { FeaturePlot } from "../../src-shared/contract/index.ts";
import type { DesignFile } from "../../src-shared/design.ts";
import { useAnswer } from "../app/engine-context.ts";
import { grouped } from "../locales/format.ts";
import { Card, ClassChip, classMark, ErrorMessage, useLabels } from "../widgets/parts.tsx";

type Panel = FeaturePlot["panels"][number];

/** Panels that are shown without being asked for. */
const FIRST = 3;

export function FeaturePlots({ design }: { design: DesignFile }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const { answer, error, asking } = useAnswer("design:get-features", { design }, 500);
  const panels = answer?.panels ?? [];
  const labels = [...new Set(panels.flatMap((panel) => panel.labels.map(({ label }) => label)))];
  return (
    <Card
      title={t("Features of each class")}
      aside={
        <div className="row" style={{ gap: 6 }}>
          {labels.slice(0, 8).map((label) => (
            <ClassChip key={label} label={label} />
          ))}
        </div>
      }
    >
      <ErrorMessage error={error} />
      {asking && panels.length === 0 && <p className="soft">{t("Computing the features…")}</p>}
      <div className="feature-panels" data-busy={asking}>
        {panels.slice(0, all ? undefined : FIRST).map((panel) => (
          <figure key={`${panel.sensor} ${panel.channel}`}>
            <figcaption>
              <b>{panel.channel}</b> <span className="soft small">{panel.sensor}</span>
            </figcaption>
            {panel.kind === "line" ? <Lines panel={panel} /> : <Pictures panel={panel} />}
            {panel.statistics.length > 0 && <Statistics panel={panel} />}
          </figure>
        ))}
      </div>
      {!all && panels.length > FIRST && (
        <Button variant="default" size="xs" style={{ alignSelf: "start" }} onClick={() => setAll(true)}>
          {t("Show {{count}} more", { count: panels.length - FIRST })}
        </Button>
      )}
      <p className="soft small">
        {t(
          "Mean over all windows of a class; the shaded band is one standard deviation to either side. Where the lines separate, classes can be told apart.",
        )}
      </p>
    </Card>
  );
}

const WIDTH = 400;
const HEIGHT = 150;
const BOTTOM = 20;
/** Dashes for classes, so that colour is not needed. */
const DASHES = ["", "7 4", "2 3", "9 3 2 3", "4 2", "12 4"];

function Lines({ panel }: { panel: Panel }) {
  const { t } = useTranslation();
  const known = useLabels();
  const spread = panel.labels.flatMap(({ mean, deviation }) =>
    mean.flatMap((value, i) => [value - (deviation[i] ?? 0), value + (deviation[i] ?? 0)]),
  );
  const low = spread.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = spread.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const x = (i: number): string => (((i + 0.5) / Math.max(1, panel.columns)) * WIDTH).toFixed(1);
  const y = (value: number): string =>
    (4 + (1 - (value - low) / Math.max(1e-9, high - low)) * (HEIGHT - BOTTOM - 8)).toFixed(1);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="feature-lines"
      role="img"
      aria-label={t("Features of {{channel}}: one line for each class, {{from}} to {{to}}", {
        channel: panel.channel,
        from: axis(panel.x.from, panel.x.unit),
        to: axis(panel.x.to, panel.x.unit),
      })}
    >
      {panel.labels.map(({ label, mean, deviation }) => (
        <path
          key={label}
          d={`M${mean.map((value, i) => `${x(i)} ${y(value + (deviation[i] ?? 0))}`).join("L")}L${mean
            .map((value, i) => `${x(i)} ${y(value - (deviation[i] ?? 0))}`)
            .reverse()
            .join("L")}Z`}
          fill={classMark(known, label).color}
          opacity="0.13"
        />
      ))}
      {panel.labels.map(({ label, mean }) => {
        const { color, index } = classMark(known, label);
        return (
          <path
            key={label}
            d={`M${mean.map((value, i) => `${x(i)} ${y(value)}`).join("L")}`}
            fill="none"
            stroke={color}
            strokeWidth="1.8"
            strokeDasharray={DASHES[index % DASHES.length]}
          />
        );
      })}
      <line x1="0" x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--line-strong)" />
      {[0, 0.5, 1].map((part) => (
        <text
          key={part}
          x={part * WIDTH}
          y={HEIGHT - 5}
          fontSize="11"
          fill="var(--ink-soft)"
          textAnchor={part === 0 ? "start" : part === 1 ? "end" : "middle"}
        >
          {axis(panel.x.from + part * (panel.x.to - panel.x.from), panel.x.unit)}
        </text>
      ))}
    </svg>
  );
}

const axis = (value: number, unit: "s" | "Hz"): string =>
  unit === "Hz" && value >= 1000 ? `${grouped(value / 1000, 2)} kHz` : `${grouped(value, 2)} ${unit}`;

/** One picture for each class, all on one scale of colours. */
function Pictures({ panel }: { panel: Panel }) {
  const { t } = useTranslation();
  const values = panel.labels.flatMap(({ mean }) => mean);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return (
    <div className="feature-pictures">
      {panel.labels.map(({ label, mean }) => (
        <div key={label}>
          <Picture
            name={t("Mean features of “{{label}}”", { label })}
            columns={panel.columns}
            rows={panel.rows}
            values={mean}
            low={low}
            high={high}
          />
          <ClassChip label={label} />
        </div>
      ))}
      <p className="soft small">
        {panel.rowUnit === "filter"
          ? t("{{rows}} filters, the lowest below; {{seconds}} s from left to right", {
              rows: panel.rows,
              seconds: grouped(panel.x.to, 2),
            })
          : t("{{rows}} coefficients, the first below; {{seconds}} s from left to right", {
              rows: panel.rows,
              seconds: grouped(panel.x.to, 2),
            })}
      </p>
    </div>
  );
}

function Picture(props: {
  name: string;
  columns: number;
  rows: number;
  values: readonly number[];
  low: number;
  high: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { columns, rows, values, low, high } = props;
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (element === null || context === null || context === undefined || columns * rows === 0) return;
    element.width = columns;
    element.height = rows;
    const image = context.createImageData(columns, rows);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) {
        const share = ((values[column * rows + row] ?? low) - low) / Math.max(1e-9, high - low);
        const at = ((rows - 1 - row) * columns + column) * 4;
        // Deep water to sand, as spectrograms are.
        image.data[at] = 9 + share * 246;
        image.data[at + 1] = 20 + Math.sqrt(share) * 227;
        image.data[at + 2] = 28 + share * (share < 0.6 ? 190 : 130);
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }, [columns, rows, values, low, high]);
  return <canvas ref={canvas} role="img" aria-label={props.name} />;
}

/** Each statistic on a line of its own: a mark for the mean of each class, a stroke for its deviation. */
function Statistics({ panel }: { panel: Panel }) {
  const { t } = useTranslation();
  const known = useLabels();
  return (
    <dl className="statistics">
      {panel.statistics.map(({ name, labels }) => {
        const ends = labels.flatMap(({ mean, deviation }) => [mean - deviation, mean + deviation]);
        const low = Math.min(...ends);
        const span = Math.max(1e-9, Math.max(...ends) - low);
        const x = (value: number): number => 8 + ((value - low) / span) * 184;
        return (
          <div key={name}>
            <dt>{t(`statistic.${name}`)}</dt>
            <dd>
              <svg
                viewBox="0 0 200 18"
                role="img"
                aria-label={labels.map(({ label, mean }) => `${label} ${grouped(mean, 2)}`).join(", ")}
              >
                {labels.map(({ label, mean, deviation }) => {
                  const { color, shape } = classMark(known, label);
                  return (
                    <g key={label}>
                      <line
                        x1={x(mean - deviation)}
                        x2={x(mean + deviation)}
                        y1="9"
                        y2="9"
                        stroke={color}
                        strokeWidth="3"
                        opacity="0.35"
                      />
                      <text
                        x={x(mean)}
                        y="9.5"
                        fontSize="11"
                        fill={color}
                        textAnchor="middle"
                        dominantBaseline="middle"
                      >
                        {shape}
                      </text>
                    </g>
                  );
                })}
              </svg>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
