/** A recording's waveform, large: zoom by wheel, keys and buttons; a stretch marked by drag or keys. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { StreamInfo, Waveform } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";
import { useSchemeName } from "../app/scheme.ts";
import { BOTTOM, drawLanes, LEFT, type Mark, RIGHT } from "./draw-lanes.ts";
import { ErrorMessage } from "./parts.tsx";
import type { SignalView, Span } from "./signal-view.ts";

type Props = {
  readonly stream: StreamInfo;
  readonly view: SignalView;
  readonly marked: Span | null;
  readonly onMark: (span: Span | null) => void;
  /** The window in question, seconds. */
  readonly window?: Span | undefined;
  /** Stretches that are proposed to be cut out, seconds. */
  readonly found?: readonly Span[] | null;
  /** Where the sound is, seconds. */
  readonly playhead?: number | null;
};

/** A drag shorter than this is a click, pixels. */
const DRAG_PX = 4;

export function WaveView({ stream, view, marked, onMark, window, found = null, playhead = null }: Props) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useSchemeName();
  const { span } = view;
  const { answer, error } = useAnswer(
    "recordings:get-waveform",
    {
      streamId: stream.id,
      startSample: Math.floor(span.from * stream.rateHz),
      endSample: Math.ceil(span.to * stream.rateHz),
      buckets: 900,
    },
    20,
  );
  useWheel(canvas, view);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read while drawing.
  useEffect(() => {
    const element = canvas.current;
    if (element === null || answer === null) return;
    const redraw = (): void => drawLanes(element, lanesOf(answer, window));
    redraw();
    const observer = new ResizeObserver(redraw);
    observer.observe(element);
    return () => observer.disconnect();
  }, [answer, window, scheme]);
  const dragging = useMarking(view, onMark);
  return (
    <div>
      <ErrorMessage error={error} />
      {/* biome-ignore-start lint/a11y/noNoninteractiveTabindex: the drawing is moved, zoomed and marked by keys. */}
      <section
        className="trace wave"
        tabIndex={0}
        onKeyDown={(event) => onKey(event, view, marked, onMark)}
        {...dragging}
        aria-label={t(
          "Waveform of {{sensor}}: arrows move, plus and minus zoom, 0 shows all, [ and ] mark beginning and end, Shift and arrows move the end",
          { sensor: stream.sensor },
        )}
      >
        <canvas ref={canvas} style={{ height: BOTTOM + Math.max(84, 68 * stream.channels.length) }} />
        {found?.map((part) => (
          <Overlay key={part.from} span={span} part={part} className="found" />
        ))}
        {marked !== null && <Overlay span={span} part={marked} className="marked" />}
        {playhead !== null && (
          <Overlay span={span} part={{ from: playhead, to: playhead }} className="playhead" />
        )}
      </section>
      {/* biome-ignore-end lint/a11y/noNoninteractiveTabindex: as above. */}
    </div>
  );
}

/** A stretch of time laid over a picture, or a line where it has no length. */
export function Overlay({ span, part, className }: { span: Span; part: Span; className: string }) {
  const width = Math.max(1e-9, span.to - span.from);
  const from = Math.max(0, (part.from - span.from) / width);
  const to = Math.min(1, (part.to - span.from) / width);
  if (to < 0 || from > 1) return null;
  return (
    <span className="plot-area" aria-hidden>
      <i
        className={className}
        style={{ left: `${from * 100}%`, width: `${Math.max(0, to - from) * 100}%` }}
      />
    </span>
  );
}

/** Wheel moves, Ctrl and wheel zoom at the pointer. Not by React: its wheel listeners are passive, and the page must not scroll. */
export function useWheel(target: React.RefObject<HTMLElement | null>, view: SignalView): void {
  useEffect(() => {
    const element = target.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      if (event.ctrlKey) view.zoom(event.deltaY > 0 ? 1.25 : 0.8, shareAt(element, event.clientX));
      else view.pan(Math.sign(event.deltaY || event.deltaX) * 0.1);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });
}

/** Where in the plot a point of the window lies, 0 left, 1 right. */
function shareAt(element: HTMLElement, clientX: number): number {
  const box = element.getBoundingClientRect();
  return Math.min(1, Math.max(0, (clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT)));
}

/** Marking by drag; a click takes the mark away. */
function useMarking(view: SignalView, onMark: (span: Span | null) => void) {
  const start = useRef<{ seconds: number; x: number } | null>(null);
  const secondsAt = (event: React.PointerEvent<HTMLElement>): number =>
    view.span.from + shareAt(event.currentTarget, event.clientX) * (view.span.to - view.span.from);
  return {
    onPointerDown: (event: React.PointerEvent<HTMLElement>) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      start.current = { seconds: secondsAt(event), x: event.clientX };
    },
    onPointerMove: (event: React.PointerEvent<HTMLElement>) => {
      const from = start.current;
      if (from === null || Math.abs(event.clientX - from.x) < DRAG_PX) return;
      const to = secondsAt(event);
      onMark({ from: Math.min(from.seconds, to), to: Math.max(from.seconds, to) });
    },
    onPointerUp: (event: React.PointerEvent<HTMLElement>) => {
      const from = start.current;
      start.current = null;
      if (from !== null && Math.abs(event.clientX - from.x) < DRAG_PX) onMark(null);
    },
  };
}

function onKey(
  event: React.KeyboardEvent,
  view: SignalView,
  marked: Span | null,
  onMark: (span: Span | null) => void,
): void {
  const { span } = view;
  const width = span.to - span.from;
  const middle = span.from + width / 2;
  const stretch = (share: number): void => {
    const before = marked ?? { from: middle, to: middle };
    const to = Math.min(view.seconds, Math.max(before.from + width * 0.005, before.to + width * share));
    onMark({ from: before.from, to });
  };
  const keys = new Map<string, () => void>([
    ["ArrowLeft", () => (event.shiftKey ? stretch(-0.02) : view.pan(-0.2))],
    ["ArrowRight", () => (event.shiftKey ? stretch(0.02) : view.pan(0.2))],
    ["+", () => view.zoom(0.6)],
    ["=", () => view.zoom(0.6)],
    ["-", () => view.zoom(1.6)],
    ["0", () => view.all()],
    ["Home", () => view.pan(-1e9)],
    ["End", () => view.pan(1e9)],
    ["[", () => onMark({ from: middle, to: Math.max(marked?.to ?? 0, middle + width * 0.1) })],
    ["]", () => onMark({ from: Math.min(marked?.from ?? span.from, middle - width * 0.01), to: middle })],
  ]);
  const act = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys.get(event.key);
  if (act === undefined) return;
  event.preventDefault();
  // Digits and arrows mean something else outside of the drawing.
  event.stopPropagation();
  act();
}

function lanesOf(wave: Waveform, window: Span | undefined) {
  const gaps = wave.gaps.map(
    ({ atSample, lostSamples }): Mark => ({
      from: atSample / wave.rateHz,
      to: (atSample + lostSamples) / wave.rateHz,
      tone: "gap",
    }),
  );
  return {
    lanes: wave.channels,
    unit: wave.unit,
    fromSeconds: wave.startSample / wave.rateHz,
    toSeconds: wave.endSample / wave.rateHz,
    marks: window === undefined ? gaps : [...gaps, { ...window, tone: "window" as const }],
  };
}
