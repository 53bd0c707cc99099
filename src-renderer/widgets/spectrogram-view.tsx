/** The frequencies of one channel over the part that is in sight. Colours go evenly from dark to light, for any eye. */
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Spectrogram, StreamInfo } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";
import { colorOf, hertz } from "./colors.ts";
import { LEFT, RIGHT } from "./draw-lanes.ts";
import { ErrorMessage } from "./parts.tsx";
import type { SignalView, Span } from "./signal-view.ts";
import { Overlay, useWheel } from "./wave-view.tsx";

const HEIGHT = 190;
const COLUMNS = 480;

export function SpectrogramView(props: {
  stream: StreamInfo;
  channel: number;
  view: SignalView;
  marked: Span | null;
}) {
  const { t } = useTranslation();
  const { stream, channel, view } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { answer, error } = useAnswer(
    "recordings:get-spectrogram",
    {
      streamId: stream.id,
      channel,
      startSample: Math.floor(view.span.from * stream.rateHz),
      endSample: Math.ceil(view.span.to * stream.rateHz),
      columns: COLUMNS,
    },
    80,
  );
  useWheel(canvas, view);
  useEffect(() => {
    if (canvas.current !== null && answer !== null) paint(canvas.current, answer);
  }, [answer]);
  const maxHz = stream.rateHz / 2;
  const name = stream.channels[channel]?.name ?? "";
  return (
    <div>
      <ErrorMessage error={error} />
      <div className="trace spectrogram" style={{ height: HEIGHT + 12 }}>
        <FrequencyAxis maxHz={maxHz} name={name} />
        <canvas
          ref={canvas}
          role="img"
          aria-label={t("Spectrogram of {{channel}} up to {{hertz}}", { channel: name, hertz: hertz(maxHz) })}
          style={{ left: LEFT, width: `calc(100% - ${LEFT + RIGHT}px)`, height: HEIGHT }}
        />
        {answer?.columns === 0 && <p className="soft">{t("Too short for a spectrogram.")}</p>}
        {props.marked !== null && <Overlay span={view.span} part={props.marked} className="marked" />}
      </div>
    </div>
  );
}

/** The frequencies beside a spectrogram, with the channel's name between them. */
export function FrequencyAxis(props: {
  maxHz: number;
  name: string;
  /** Pixels; as the style sheet has it where absent. */
  height?: number;
}) {
  return (
    <span
      className="axis"
      aria-hidden
      style={props.height === undefined ? undefined : { height: props.height }}
    >
      <span>{hertz(props.maxHz)}</span>
      <b>{props.name}</b>
      <span>{hertz(props.maxHz / 2)}</span>
      <b />
      <span>0 Hz</span>
    </span>
  );
}

function paint(canvas: HTMLCanvasElement, { columns, bins, base64 }: Spectrogram): void {
  canvas.width = Math.max(1, columns);
  canvas.height = Math.max(1, bins);
  const context = canvas.getContext("2d");
  if (context === null || columns === 0) return;
  const levels = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const image = context.createImageData(columns, bins);
  for (let column = 0; column < columns; column++) {
    for (let bin = 0; bin < bins; bin++) {
      const [r, g, b] = colorOf((levels[column * bins + bin] ?? 0) / 255);
      const at = ((bins - 1 - bin) * columns + column) * 4;
      image.data[at] = r;
      image.data[at + 1] = g;
      image.data[at + 2] = b;
      image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}
