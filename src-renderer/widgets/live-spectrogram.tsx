/** The frequencies of one channel of the live signal, of every sample, under the trace and with the same time axis. Drawn past React. */
import { NativeSelect } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useEngine } from "../app/engine-context.ts";
import { hertz } from "./colors.ts";
import { LEFT, RIGHT } from "./draw-lanes.ts";
import { eachFrame } from "./each-frame.ts";
import { LiveColumns } from "./live-columns.ts";
import { FrequencyAxis } from "./spectrogram-view.tsx";

const HEIGHT = 150;

export function LiveSpectrogram(props: {
  sensor: string;
  channel: number;
  /** Of the sensor's channels. */
  names: readonly string[];
  onChannel: (channel: number) => void;
  rateHz: number;
  seconds: number;
  paused: boolean;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const canvas = useRef<HTMLCanvasElement>(null);
  const kept = useRef(new LiveColumns());
  const { sensor, channel, seconds, paused } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another channel is another picture.
  useEffect(() => {
    kept.current = new LiveColumns();
  }, [sensor, channel]);
  useEffect(() => {
    const { draw, end } = eachFrame(() => {
      if (canvas.current !== null) paint(canvas.current, kept.current);
    });
    const unlisten = client.on("board:signal", (piece) => {
      const { spectrum } = piece;
      if (paused || piece.sensor !== sensor || spectrum === undefined || spectrum.channel !== channel) return;
      kept.current.add(spectrum, seconds);
      draw(sensor);
    });
    return () => {
      unlisten();
      end();
    };
  }, [client, sensor, channel, seconds, paused]);
  const maxHz = props.rateHz / 2;
  const name = props.names[channel] ?? "";
  return (
    <div className="trace spectrogram live-spectrogram" style={{ height: HEIGHT + 12 }}>
      <FrequencyAxis maxHz={maxHz} name={props.names.length > 1 ? "" : name} height={HEIGHT + 4} />
      <canvas
        ref={canvas}
        role="img"
        aria-label={t("Live spectrogram of {{channel}} up to {{hertz}}", {
          channel: name,
          hertz: hertz(maxHz),
        })}
        style={{ left: LEFT, width: `calc(100% - ${LEFT + RIGHT}px)`, height: HEIGHT }}
      />
      {props.names.length > 1 && (
        <NativeSelect
          className="spectrogram-channel"
          size="xs"
          aria-label={t("Channel of the spectrogram")}
          value={String(channel)}
          onChange={(event) => props.onChannel(Number(event.currentTarget.value))}
          data={props.names.map((one, index) => ({ value: String(index), label: one }))}
        />
      )}
    </div>
  );
}

function paint(canvas: HTMLCanvasElement, picture: LiveColumns): void {
  const { columns, bins } = picture;
  if (columns === 0 || bins === 0) return;
  if (canvas.width !== columns || canvas.height !== bins) {
    canvas.width = columns;
    canvas.height = bins;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  const image = context.createImageData(columns, bins);
  picture.paint(image.data);
  context.putImageData(image, 0, 0);
}
