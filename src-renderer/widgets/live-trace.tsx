/** The live signal of the connected board: last seconds, axes, unit, rate, level, pause. Drawn past React, 20 times a second. */
import { Button, NativeSelect } from "@mantine/core";
import { Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SignalPreview } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { drawLanes } from "./draw-lanes.ts";
import { Card, Meter } from "./parts.tsx";

/** What is kept of one sensor for drawing: buckets of minimum and maximum, newest last. */
type Kept = {
  unit: string;
  rateHz: number;
  bucketSeconds: number;
  end: number;
  lanes: { name: string; min: number[]; max: number[] }[];
};

export function LiveTrace({ preview = true }: { preview?: boolean }) {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard);
  const canvas = useRef<HTMLCanvasElement>(null);
  const kept = useRef(new Map<string, Kept>());
  const [paused, setPaused] = useState(false);
  const [seconds, setSeconds] = useState(5);
  const [sensor, setSensor] = useState("");
  const [level, setLevel] = useState<{ value: number; unit: string; rateHz: number } | null>(null);
  const port = board?.port ?? null;
  const shown = sensor !== "" ? sensor : (board?.sensors[0]?.id ?? "");

  useEffect(() => {
    kept.current.clear();
    setLevel(null);
    if (port === null || !preview) return;
    client.request("boards:preview", { on: true }).catch(notifyError);
    return () => {
      client.request("boards:preview", { on: false }).catch(() => {});
    };
  }, [client, port, preview]);

  useEffect(() => {
    let lastLevel = 0;
    const off = client.on("board:signal", (piece) => {
      if (paused) return;
      keep(kept.current, piece);
      if (piece.sensor !== shown) return;
      const of = kept.current.get(shown);
      if (canvas.current !== null && of !== undefined) draw(canvas.current, of, seconds);
      if (performance.now() - lastLevel > 250) {
        lastLevel = performance.now();
        const value = Math.max(...piece.channels.map((channel) => channel.level));
        setLevel({ value, unit: piece.unit, rateHz: piece.rateHz });
      }
    });
    return () => {
      off();
    };
  }, [client, paused, shown, seconds]);

  if (board === null) return null;
  return (
    <Card
      title={t("Live signal")}
      aside={
        <div className="row" style={{ gap: 8 }}>
          {board.sensors.length > 1 && (
            <NativeSelect
              size="xs"
              aria-label={t("Sensor")}
              value={shown}
              onChange={(event) => setSensor(event.currentTarget.value)}
              data={board.sensors.map(({ id }) => id)}
            />
          )}
          <NativeSelect
            size="xs"
            aria-label={t("Time shown")}
            value={String(seconds)}
            onChange={(event) => setSeconds(Number(event.currentTarget.value))}
            data={["1", "3", "5", "10"].map((value) => ({ value, label: `${value} s` }))}
          />
          <Button
            size="xs"
            variant="default"
            aria-pressed={paused}
            leftSection={paused ? <Play size={14} /> : <Pause size={14} />}
            onClick={() => setPaused(!paused)}
          >
            {paused ? t("Go on") : t("Pause")}
          </Button>
        </div>
      }
    >
      <div className="trace">
        <canvas
          ref={canvas}
          style={{ height: 190 }}
          role="img"
          aria-label={t("Live signal of {{sensor}}", { sensor: shown })}
        />
      </div>
      {level !== null && (
        <Meter
          name={`${t("Level")} (RMS)`}
          value={Math.max(0, 60 + 20 * Math.log10(Math.max(level.value, 1e-6)))}
          limit={80}
          text={`${level.value.toPrecision(3)} ${level.unit}, ${level.rateHz} Hz`}
        />
      )}
    </Card>
  );
}

const KEPT_SECONDS = 10;

function keep(all: Map<string, Kept>, piece: SignalPreview): void {
  const bucketSeconds = piece.samplesPerBucket / piece.rateHz;
  let kept = all.get(piece.sensor);
  if (
    kept === undefined ||
    kept.bucketSeconds !== bucketSeconds ||
    kept.lanes.length !== piece.channels.length
  ) {
    const lanes = piece.channels.map(({ name }) => ({ name, min: [], max: [] }));
    kept = { unit: piece.unit, rateHz: piece.rateHz, bucketSeconds, end: 0, lanes };
    all.set(piece.sensor, kept);
  }
  const limit = Math.ceil(KEPT_SECONDS / bucketSeconds);
  const lanes = kept.lanes;
  piece.channels.forEach((channel, index) => {
    const lane = lanes[index];
    if (lane === undefined) return;
    lane.min.push(...channel.min);
    lane.max.push(...channel.max);
    lane.min.splice(0, lane.min.length - limit);
    lane.max.splice(0, lane.max.length - limit);
  });
  kept.end = piece.firstSample / piece.rateHz;
}

function draw(canvas: HTMLCanvasElement, kept: Kept, seconds: number): void {
  const count = Math.round(seconds / kept.bucketSeconds);
  const padded = (values: readonly number[]): number[] => {
    const last = values.slice(-count);
    return [...new Array<number>(count - last.length).fill(Number.NaN), ...last];
  };
  drawLanes(canvas, {
    lanes: kept.lanes.map(({ name, min, max }) => ({ name, min: padded(min), max: padded(max) })),
    unit: kept.unit,
    fromSeconds: -seconds,
    toSeconds: 0,
  });
}
