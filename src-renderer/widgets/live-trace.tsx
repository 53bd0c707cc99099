/** The live signal of the connected board: last seconds, axes, unit, rate, level, pause. Drawn past React, 20 times a second. */
import { Button, NativeSelect } from "@mantine/core";
import { AudioLines, Lock, LockOpen, Pause, Play } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEngine } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { BOTTOM, drawLanes, shortNumber } from "./draw-lanes.ts";
import { eachFrame } from "./each-frame.ts";
import { LiveLanes } from "./live-lanes.ts";
import { type Level, levelShare, useLiveLevel } from "./live-level.ts";
import { LiveSpectrogram } from "./live-spectrogram.tsx";

/** The level that starts a recording; of the first sensor where none is named. */
export type Threshold = { readonly sensor: string; readonly level: number };

/** A window of a small laptop, pixels. */
const LOW_WINDOW = 760;
/** Readings of level are shown this often, milliseconds. */
const LEVEL_MS = 250;
const CHOICES = ["1", "3", "5", "10"];
/** Choice of the sensor list that stands for all of them. */
const ALL = "*";
/** Whether the spectrogram is shown is kept for the next time. */
const SPECTROGRAM_KEY = "limpet.live-spectrogram";

export function LiveTrace({
  preview = true,
  recording = false,
  threshold,
}: {
  preview?: boolean;
  recording?: boolean;
  threshold?: Threshold | undefined;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard);
  const canvases = useRef(new Map<string, HTMLCanvasElement>());
  const kept = useRef(new Map<string, LiveLanes>());
  const [paused, setPaused] = useState(false);
  const [locked, setLocked] = useState(false);
  const [seconds, setSeconds] = useState(5);
  const [sensor, setSensor] = useState("");
  const [spectrogram, setSpectrogram] = useState(() => localStorage.getItem(SPECTROGRAM_KEY) === "on");
  const [channel, setChannel] = useState(0);
  const level = useLiveLevel((state) => state.levels);
  const port = board?.port ?? null;
  const shown = board?.sensors.some(({ id }) => id === sensor) ? sensor : (board?.sensors[0]?.id ?? "");
  const names = board?.sensors.find(({ id }) => id === shown)?.channels ?? [];
  const channels = Math.max(1, names.length);
  const traced =
    board === null ? [] : sensor === ALL ? board.sensors : board.sensors.filter(({ id }) => id === shown);
  const tracedIds = traced.map(({ id }) => id).join(" ");
  const lane = channel < channels ? channel : 0;
  const wish = spectrogram && shown !== "" ? JSON.stringify({ sensor: shown, channel: lane }) : null;
  // Where the level that starts a recording is drawn.
  const guided = threshold === undefined ? null : threshold.sensor || (board?.sensors[0]?.id ?? null);
  const guide = threshold?.level ?? null;

  useEffect(() => {
    kept.current.clear();
    useLiveLevel.getState().clear();
    if (port === null || !preview) return;
    return () => {
      client.request("boards:preview", { on: false }).catch(() => {});
    };
  }, [client, port, preview]);

  // A change of what is shown beside the trace leaves the stream as it is.
  useEffect(() => {
    // Where someone else has the stream on (live answers), only the wish for frequencies is told.
    if (port === null || (!preview && wish === null)) return;
    const spectrum = wish === null ? null : (JSON.parse(wish) as { sensor: string; channel: number });
    client.request("boards:preview", { on: true, spectrum }).catch(notifyError);
  }, [client, port, preview, wish]);

  useEffect(() => {
    const lastLevels = new Map<string, number>();
    const ids = tracedIds.split(" ");
    const { draw, end } = eachFrame((id) => {
      const canvas = canvases.current.get(id);
      const lanes = kept.current.get(id);
      if (canvas !== undefined && lanes !== undefined)
        drawLanes(canvas, lanes.picture(seconds, locked, id === guided ? guide : null));
    });
    const unlisten = client.on("board:signal", (piece) => {
      if (paused) return;
      const lanes = kept.current.get(piece.sensor) ?? new LiveLanes();
      kept.current.set(piece.sensor, lanes);
      lanes.add(piece, recording);
      const now = performance.now();
      if (now - (lastLevels.get(piece.sensor) ?? 0) > LEVEL_MS) {
        lastLevels.set(piece.sensor, now);
        const value = Math.max(...piece.channels.map((one) => one.level));
        useLiveLevel.getState().put(piece.sensor, { value, unit: piece.unit, rateHz: piece.rateHz });
      }
      if (ids.includes(piece.sensor)) draw(piece.sensor);
    });
    return () => {
      unlisten();
      end();
    };
  }, [client, paused, tracedIds, seconds, locked, recording, guide, guided]);

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
        <LevelMeter level={level[shown] ?? null} threshold={guided === shown ? guide : null} />
        <Lost />
        <span className="grow" />
        {board.sensors.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label={t("Sensor")}
            value={sensor === ALL ? ALL : shown}
            onChange={(event) => setSensor(event.currentTarget.value)}
            data={[...board.sensors.map(({ id }) => id), { value: ALL, label: t("all sensors") }]}
          />
        )}
        <Button
          size="xs"
          variant="default"
          aria-pressed={spectrogram}
          title={t("Spectrogram")}
          leftSection={<AudioLines size={15} />}
          onClick={() => {
            localStorage.setItem(SPECTROGRAM_KEY, spectrogram ? "off" : "on");
            setSpectrogram(!spectrogram);
          }}
        >
          {t("Spectrogram")}
        </Button>
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
          aria-label={t("Lock the scale")}
          title={t("Lock the scale")}
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
      {traced.map(({ id, channels: own }) => (
        <div className="trace" key={id}>
          <canvas
            ref={(element) => {
              if (element === null) canvases.current.delete(id);
              else canvases.current.set(id, element);
            }}
            style={{ height: BOTTOM + heightOf(own.length, traced.length) }}
            role="img"
            aria-label={t("Live signal of {{sensor}}", { sensor: id })}
          />
        </div>
      ))}
      {spectrogram && (
        <LiveSpectrogram
          sensor={shown}
          channel={lane}
          names={names}
          onChannel={setChannel}
          rateHz={level[shown]?.rateHz ?? board.sensors.find(({ id }) => id === shown)?.rates[0] ?? 1}
          seconds={seconds}
          paused={paused}
        />
      )}
    </div>
  );
}

/** Of a trace with so many channels, pixels: less where it is one of several, or the window is low and has more to show. */
function heightOf(channels: number, traces: number): number {
  if (traces > 1) return Math.min(130, Math.max(56, 34 * channels));
  const low = innerHeight < LOW_WINDOW;
  return Math.min(190, Math.max(low ? 72 : 100, (low ? 32 : 46) * channels));
}

/** Strength on a scale of decibels, so that a whisper and a hammer both move it. */
function LevelMeter({ level, threshold }: { level: Level | null; threshold: number | null }) {
  const { t } = useTranslation();
  const value = level?.value ?? 0;
  const share = levelShare(value);
  const text = level === null ? "–" : `${shortNumber(value)} ${level.unit}`;
  return (
    <div className="level">
      {/* biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn as ours is. */}
      <span
        className="bar level-bar"
        role="meter"
        aria-label={t("Level")}
        aria-valuemin={0}
        aria-valuemax={1}
        aria-valuenow={Number(share.toFixed(2))}
        aria-valuetext={text}
      >
        <i style={{ width: `${share * 100}%` }} />
        {threshold !== null && <b style={{ left: `${levelShare(threshold) * 100}%` }} />}
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
