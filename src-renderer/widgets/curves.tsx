/** Two curves over epochs by uPlot, told apart by dash as well as colour. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";

export type Curve = { readonly name: string; readonly values: readonly number[]; readonly dashed: boolean };

export function Curves({
  title,
  curves,
  epochs,
}: {
  title: string;
  curves: readonly Curve[];
  epochs: readonly number[];
}) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const names = curves.map(({ name }) => name).join("|");
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew only when the curves' names change; data goes in below.
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const color = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim();
    const axis = {
      stroke: color("--ink-soft"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { stroke: color("--line") },
    };
    const made = new uPlot(
      {
        width: element.clientWidth,
        height: 230,
        scales: { x: { time: false } },
        axes: [{ ...axis }, { ...axis, size: 56 }],
        series: [
          { label: "epoch" },
          ...curves.map(({ name, dashed }, index) => ({
            label: name,
            stroke: color(`--c${index}`),
            width: 2,
            ...(dashed ? { dash: [7, 4] } : {}),
          })),
        ],
      },
      [[], ...curves.map(() => [])],
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: 230 }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names]);
  useEffect(() => {
    plot.current?.setData([[...epochs], ...curves.map(({ values }) => [...values])]);
  }, [epochs, curves]);
  return (
    <figure style={{ margin: 0 }}>
      <figcaption>
        <h3>{title}</h3>
      </figcaption>
      <div ref={holder} />
    </figure>
  );
}
