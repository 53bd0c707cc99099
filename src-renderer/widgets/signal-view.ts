/** Which part of a recording is in sight, in seconds; one for all of its pictures, so that they move together. */
import { useCallback, useMemo, useState } from "react";

export type Span = { readonly from: number; readonly to: number };

/** Closer than this there is nothing to see, seconds. */
const CLOSEST = 0.005;

export type SignalView = {
  readonly span: Span;
  readonly seconds: number;
  /** Zooms by `factor` (below 1: closer) about the point at `at` (0 left, 1 right). */
  zoom(factor: number, at?: number): void;
  /** Moves by a share of what is in sight. */
  pan(share: number): void;
  show(span: Span): void;
  all(): void;
};

/** Zoom about a point, kept inside of the recording. */
export function zoomed({ from, to }: Span, seconds: number, factor: number, at: number): Span {
  const width = Math.min(seconds, Math.max(CLOSEST, (to - from) * factor));
  const start = Math.min(seconds - width, Math.max(0, from + (to - from - width) * at));
  return { from: start, to: start + width };
}

/** Moved by a share of its width, kept inside of the recording. */
export function panned({ from, to }: Span, seconds: number, share: number): Span {
  const start = Math.min(seconds - (to - from), Math.max(0, from + (to - from) * share));
  return { from: start, to: start + to - from };
}

export function useSignalView(seconds: number, first?: Span | undefined): SignalView {
  const [span, setSpan] = useState<Span>(first ?? { from: 0, to: seconds });
  const zoom = useCallback(
    (factor: number, at = 0.5) => setSpan((before) => zoomed(before, seconds, factor, at)),
    [seconds],
  );
  const pan = useCallback((share: number) => setSpan((before) => panned(before, seconds, share)), [seconds]);
  const all = useCallback(() => setSpan({ from: 0, to: seconds }), [seconds]);
  return useMemo(() => ({ span, seconds, zoom, pan, show: setSpan, all }), [span, seconds, zoom, pan, all]);
}
