/** A recording's waveform: small as a thumbnail, large with zoom by wheel, keys and buttons. */
import { Button } from "@mantine/core";
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { StreamInfo, Waveform } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";
import { drawLanes } from "./draw-lanes.ts";
import { ErrorMessage } from "./parts.tsx";

const THUMB_BUCKETS = 75;

/** All channels laid over each other: only to see at a glance what kind of signal it is. */
export function Thumbnail({ stream }: { stream: StreamInfo | undefined }) {
  const { answer } = useAnswer(
    "recordings:get-waveform",
    stream === undefined
      ? null
      : { streamId: stream.id, startSample: 0, endSample: null, buckets: THUMB_BUCKETS },
    60,
  );
  if (answer === null) return <span className="thumb" />;
  return (
    <svg className="thumb" viewBox="0 0 150 38" preserveAspectRatio="none" aria-hidden="true">
      {answer.channels.map((channel, index) => (
        <path
          key={channel.name}
          d={envelope(channel.min, channel.max)}
          fill={`var(--c${index % 6})`}
          opacity={0.75}
        />
      ))}
    </svg>
  );
}

function envelope(min: readonly number[], max: readonly number[]): string {
  const low = Math.min(...min);
  const span = Math.max(1e-9, Math.max(...max) - low);
  const x = (index: number): string => ((index / Math.max(1, min.length - 1)) * 150).toFixed(1);
  const y = (value: number): string => (37 - ((value - low) / span) * 36).toFixed(1);
  const upper = max.map((value, index) => `${x(index)} ${y(value)}`);
  const lower = min.map((value, index) => `${x(index)} ${Number(y(value)) + 0.7}`).reverse();
  return `M${[...upper, ...lower].join("L")}Z`;
}

type Range = { readonly from: number; readonly to: number };

export function WaveView({
  stream,
  mark,
}: {
  stream: StreamInfo;
  mark?: { fromMs: number; toMs: number } | undefined;
}) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [range, setRange] = useState<Range>({ from: 0, to: stream.samples });
  const { answer, error } = useAnswer(
    "recordings:get-waveform",
    {
      streamId: stream.id,
      startSample: Math.round(range.from),
      endSample: Math.round(range.to),
      buckets: 800,
    },
    30,
  );
  const zoom = (factor: number, at = 0.5): void =>
    setRange(({ from, to }) => {
      const span = Math.min(stream.samples, Math.max(32, (to - from) * factor));
      const start = Math.min(stream.samples - span, Math.max(0, from + (to - from - span) * at));
      return { from: start, to: start + span };
    });
  const pan = (share: number): void =>
    setRange(({ from, to }) => {
      const start = Math.min(stream.samples - (to - from), Math.max(0, from + (to - from) * share));
      return { from: start, to: start + to - from };
    });
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    // Not by React: its wheel listeners are passive, and the page must not scroll as well.
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX / element.clientWidth);
      else pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });
  useEffect(() => {
    if (canvas.current !== null && answer !== null) drawLanes(canvas.current, lanesOf(answer, mark));
  }, [answer, mark]);
  const onKey = (event: React.KeyboardEvent): void => {
    const keys = new Map<string, () => void>([
      ["ArrowLeft", () => pan(-0.2)],
      ["ArrowRight", () => pan(0.2)],
      ["+", () => zoom(0.6)],
      ["-", () => zoom(1.6)],
      ["0", () => setRange({ from: 0, to: stream.samples })],
      ["Home", () => pan(-1e9)],
      ["End", () => pan(1e9)],
    ]);
    const act = keys.get(event.key);
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  const name = `${stream.sensor}, ${stream.rateHz} Hz`;
  return (
    <div className="stack" style={{ gap: 8 }}>
      <div className="row">
        <h3 className="grow">
          {name},{" "}
          {t("{{from}} to {{to}} s", {
            from: (range.from / stream.rateHz).toFixed(2),
            to: (range.to / stream.rateHz).toFixed(2),
          })}
        </h3>
        <Button size="compact-sm" variant="default" aria-label={t("Zoom in")} onClick={() => zoom(0.6)}>
          <ZoomIn size={15} />
        </Button>
        <Button size="compact-sm" variant="default" aria-label={t("Zoom out")} onClick={() => zoom(1.6)}>
          <ZoomOut size={15} />
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t("Show all of it")}
          onClick={() => setRange({ from: 0, to: stream.samples })}
        >
          <Maximize2 size={15} />
        </Button>
      </div>
      <ErrorMessage error={error} />
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: the drawing is moved and zoomed by keys. */}
      <section
        className="trace"
        tabIndex={0}
        onKeyDown={onKey}
        aria-label={t("Waveform: arrows move, plus and minus zoom, 0 shows all")}
      >
        <canvas ref={canvas} style={{ height: 60 + 62 * stream.channels.length }} />
      </section>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above. */}
      <p className="soft small">
        {t("Wheel moves, Ctrl + wheel zooms. Shaded parts are gaps or the window in question.")}
      </p>
    </div>
  );
}

function lanesOf(wave: Waveform, mark: { fromMs: number; toMs: number } | undefined) {
  const gaps = wave.gaps.map(({ atSample, lostSamples }) => ({
    from: atSample / wave.rateHz,
    to: (atSample + lostSamples) / wave.rateHz,
  }));
  return {
    lanes: wave.channels,
    unit: wave.unit,
    fromSeconds: wave.startSample / wave.rateHz,
    toSeconds: wave.endSample / wave.rateHz,
    marks: mark === undefined ? gaps : [...gaps, { from: mark.fromMs / 1000, to: mark.toMs / 1000 }],
  };
}
