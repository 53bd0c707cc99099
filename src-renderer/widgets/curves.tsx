/** Curves over epochs by uPlot, told apart by dash as well as colour, with a legend of our own and a line at the best epoch. */
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import { useSchemeName } from "../app/scheme.ts";

export type Curve = { readonly name: string; readonly values: readonly number[]; readonly dashed: boolean };

const HEIGHT = 236;

export function Curves(props: {
  title: string;
  curves: readonly Curve[];
  epochs: readonly number[];
  /** Epoch of the weights that are kept. */
  best: number | null;
  /** How a value is written. */
  format: (value: number) => string;
  /** The axis does not go beyond these. */
  range?: readonly [number | null, number | null];
}) {
  const { t } = useTranslation();
  const { title, curves, epochs, best, format } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const bestEpoch = useRef(best);
  bestEpoch.current = best;
  const [at, setAt] = useState<number | null>(null);
  const scheme = useSchemeName();
  const names = curves.map(({ name }) => name).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only when names or colours change; data goes in below.
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const color = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: color("--ink-soft"),
      font: "12px 'Inter Variable', sans-serif",
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      gap: 8,
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, points: { size: 8 } },
        scales: { x: { time: false }, y: { range: (_plot, low, high) => axisRange(low, high, props.range) } },
        axes: [
          {
            ...axis,
            size: 30,
            values: (_plot, values) => values.map((value) => (value % 1 === 0 ? `${value}` : "")),
          },
          { ...axis, size: 58, values: (_plot, values) => values.map(format) },
        ],
        series: [
          {},
          ...curves.map(({ name, dashed }, index) => ({
            label: name,
            stroke: color(`--c${index}`),
            width: 2.25,
            points: { show: false },
            ...(dashed ? { dash: [7, 4] } : {}),
          })),
        ],
        hooks: {
          setCursor: [(self) => setAt(self.cursor.idx ?? null)],
          draw: [(self) => drawBest(self, bestEpoch.current, color("--accent"))],
        },
      },
      [[], ...curves.map(() => [])],
      element,
    );
    plot.current = made;
    made.setData([[...epochs], ...curves.map(({ values }) => [...values])]);
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, scheme]);
  useEffect(() => {
    plot.current?.setData([[...epochs], ...curves.map(({ values }) => [...values])]);
  }, [epochs, curves]);
  const shown = at ?? epochs.length - 1;
  return (
    <figure className="curves">
      <figcaption>
        <h3>{title}</h3>
        <ul>
          {curves.map(({ name, values, dashed }, index) => (
            <li key={name}>
              <svg width="26" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="26"
                  y1="4"
                  y2="4"
                  stroke={`var(--c${index})`}
                  strokeWidth="2.5"
                  strokeDasharray={dashed ? "7 4" : undefined}
                />
              </svg>
              {name} <b>{values[shown] === undefined ? "" : format(values[shown] ?? 0)}</b>
            </li>
          ))}
          <li className="soft">
            {epochs[shown] === undefined ? "" : t("epoch {{at}}", { at: epochs[shown] })}
          </li>
        </ul>
      </figcaption>
      <div ref={holder} style={{ height: HEIGHT }} />
    </figure>
  );
}

/** The axis: all values with a little room, inside of the limits, and never without height. */
function axisRange(
  low: number | null,
  high: number | null,
  limits: readonly [number | null, number | null] | undefined,
): [number, number] {
  const from = low ?? 0;
  const to = high ?? 1;
  const room = Math.max((to - from) * 0.06, 0.005);
  return [Math.max(from - room, limits?.[0] ?? -1e12), Math.min(to + room, limits?.[1] ?? 1e12)];
}

function drawBest(plot: uPlot, epoch: number | null, color: string): void {
  if (epoch === null) return;
  const x = Math.round(plot.valToPos(epoch, "x", true)) + 0.5;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
