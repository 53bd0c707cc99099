/** A recording's signal in small: what kind of signal it is, at a glance. Drawn once it is in sight. */
import type { StreamInfo } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";

const BUCKETS = 64;
const WIDTH = 128;
const HEIGHT = 40;

/** `window` shows that part alone, milliseconds. */
export function Thumbnail({
  stream,
  window,
}: {
  stream: StreamInfo | undefined;
  window?: { readonly fromMs: number; readonly toMs: number } | undefined;
}) {
  const at = (ms: number): number => Math.round((ms / 1000) * (stream?.rateHz ?? 0));
  const { answer } = useAnswer(
    "recordings:get-waveform",
    stream === undefined
      ? null
      : {
          streamId: stream.id,
          startSample: window === undefined ? 0 : at(window.fromMs),
          endSample: window === undefined ? null : at(window.toMs),
          buckets: BUCKETS,
        },
    40,
  );
  const lanes = answer?.channels ?? [];
  const each = HEIGHT / Math.max(1, lanes.length);
  return (
    <svg className="thumb" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {lanes.map((channel, index) => (
        <path
          key={channel.name}
          d={envelope(channel.min, channel.max, index * each, each)}
          fill={`var(--c${index % 6})`}
        />
      ))}
    </svg>
  );
}

/** The outline of a lane between `top` and `top + height`, each lane in its own range. */
function envelope(min: readonly number[], max: readonly number[], top: number, height: number): string {
  if (min.length === 0) return "";
  const low = Math.min(...min);
  const span = Math.max(1e-9, Math.max(...max) - low);
  const inner = height - 3;
  const x = (index: number): string => ((index / Math.max(1, min.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number): number => top + 1 + inner - ((value - low) / span) * inner;
  const upper = max.map((value, index) => `${x(index)} ${(y(value) - 0.5).toFixed(1)}`);
  const lower = min.map((value, index) => `${x(index)} ${(y(value) + 0.5).toFixed(1)}`).reverse();
  return `M${[...upper, ...lower].join("L")}Z`;
}
