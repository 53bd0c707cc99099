/** The live signal of the connected board: last seconds, axes, unit, rate, level, pause. Drawn past React, 20 times a second. */
import { Button, NativeSelect } from "@mantine/core";
import { Lock, LockOpen, Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEngine } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { BOTTOM, drawLanes, shortNumber } from "./draw-lanes.ts";
import { LiveLanes } from "./live-lanes.ts";

type Level = { readonly value: number; readonly unit: string; readonly rateHz: number };

/** Readings of level are shown this often, milliseconds. */
const LEVEL_MS = 250;
const CHOICES = ["1", "3", "5", "10"];

export function LiveTrace({ preview = true, recording = false }: { preview?: boolean; recording?: boolean }) {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard);
  const canvas = useRef<HTMLCanvasElement>(null);
  const kept = useRef(new Map<string, LiveLanes>());
  const [paused, setPaused] = useState(false);
  const [locked, setLocked] = useState(false);
  const [seconds, setSeconds] = useState(5);
  const [sensor, setSensor] = useState("");
  const [level, setLevel] = useState<Level | null>(null);
  const port = board?.port ?? null;
  const shown = board?.sensors.some(({ id }) => id === sensor) ? sensor : (board?.sensors[0]?.id ?? "");
  const channels = board?.sensors.find(({ id }) => id === shown)?.channels.length ?? 1;

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
    return client.on("board:signal", (piece) => {
      if (paused) return;
      const lanes = kept.current.get(piece.sensor) ?? new LiveLanes();
      kept.current.set(piece.sensor, lanes);
      lanes.add(piece, recording);
      if (piece.sensor !== shown) return;
      if (canvas.current !== null) drawLanes(canvas.current, lanes.picture(seconds, locked));
      if (performance.now() - lastLevel > LEVEL_MS) {
        lastLevel = performance.now();
        const value = Math.max(...piece.channels.map((channel) => channel.level));
        setLevel({ value, unit: piece.unit, rateHz: piece.rateHz });
      }
    }) as () => void;
  }, [client, paused, shown, seconds, locked, recording]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const busy =
        event.target instanceof HTMLElement &&
        (event.target.matches("input, textarea, select, button, a") ||
          event.target.closest("[role=dialog]") !== null);
      if (event.key !== " " || busy) return;
      event.preventDefault();
      setPaused((on) => !on);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  if (board === null) return null;
  return (
    <div className="live">
      <div className="row" style={{ gap: 8 }}>
        <h2>{t("Live signal")}</h2>
        <LevelMeter level={level} />
        <Lost />
        <span className="grow" />
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
          data={CHOICES.map((value) => ({ value, label: `${value} s` }))}
        />
        <Button
          size="xs"
          variant="default"
          aria-pressed={locked}
          aria-label={t("Hold the scale")}
          title={t("Hold the scale")}
          onClick={() => setLocked(!locked)}
        >
          {locked ? <Lock size={15} /> : <LockOpen size={15} />}
        </Button>
        <Button
          size="xs"
          variant="default"
          aria-pressed={paused}
          aria-keyshortcuts="Space"
          leftSection={paused ? <Play size={14} /> : <Pause size={14} />}
          onClick={() => setPaused(!paused)}
        >
          {paused ? t("Go on") : t("Pause")}
        </Button>
      </div>
      <div className="trace">
        <canvas
          ref={canvas}
          style={{ height: BOTTOM + Math.min(190, Math.max(100, 42 * channels)) }}
          role="img"
          aria-label={t("Live signal of {{sensor}}", { sensor: shown })}
        />
      </div>
    </div>
  );
}

/** Strength on a scale of decibels, so that a whisper and a hammer both move it. */
function LevelMeter({ level }: { level: Level | null }) {
  const { t } = useTranslation();
  const value = level?.value ?? 0;
  const share = Math.min(1, Math.max(0, (60 + 20 * Math.log10(Math.max(value, 1e-6))) / 80));
  const text = level === null ? "–" : `${shortNumber(value)} ${level.unit}`;
  return (
    <div className="level">
      {/* biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn as ours is. */}
      <span
        className="bar"
        role="meter"
        aria-label={t("Level")}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={Number(share.toFixed(2))}
        aria-valuetext={text}
      >
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span className="figures">
        {text}
        {level !== null && <span className="soft"> · {level.rateHz} Hz</span>}
      </span>
    </div>
  );
}

function Lost() {
  const { t } = useTranslation();
  const counters = useApp((state) => (state.board.kind === "connected" ? state.board.counters : null));
  if (counters === null) return null;
  const lost = counters.samplesDropped + counters.framesLost;
  return (
    <span className="lost" data-lost={lost > 0}>
      {t("{{lost}} lost", { lost })}
    </span>
  );
}
