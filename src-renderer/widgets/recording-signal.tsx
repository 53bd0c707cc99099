/** The signal of one recording, large: waves, spectrogram, sound, and what can be done with a marked part. */
import { Button, NativeSelect } from "@mantine/core";
import { AudioLines, Maximize2, Play, Square, ZoomIn, ZoomOut } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";
import type { EngineClient } from "../connection/client.ts";
import { CutPanel } from "./recording-cut.tsx";
import { type Span, useSignalView } from "./signal-view.ts";
import { SoundPlayer, speedFor } from "./sound.ts";
import { SpectrogramView } from "./spectrogram-view.tsx";
import { WaveView } from "./wave-view.tsx";

/** No more of a recording is played at once, seconds. */
const PLAYED_SECONDS = 120;

export function RecordingSignal(props: {
  recording: RecordingInfo;
  window: Span | undefined;
  onReplaced: (ids: readonly number[]) => void;
}) {
  const { t } = useTranslation();
  const { recording } = props;
  const view = useSignalView(recording.seconds, around(props.window, recording.seconds));
  const [marked, setMarked] = useState<Span | null>(null);
  const [found, setFound] = useState<readonly Span[] | null>(null);
  const [spectrogram, setSpectrogram] = useState(false);
  const [channel, setChannel] = useState("0:0");
  const [stream = 0, lane = 0] = channel.split(":").map(Number);
  const shown = recording.streams[stream];
  const sound = useSound(recording, stream, lane, marked ?? view.span);
  useDialogKeys([
    [" ", sound.toggle],
    ["s", () => setSpectrogram((on) => !on)],
  ]);
  const channels = recording.streams.flatMap((one, index) =>
    one.channels.map(({ name }, at) => ({ value: `${index}:${at}`, label: `${name} (${one.sensor})` })),
  );
  if (shown === undefined) return null;
  return (
    <>
      <div className="row" style={{ gap: 8 }}>
        <Button
          size="sm"
          variant="default"
          leftSection={sound.playing ? <Square size={15} /> : <Play size={15} />}
          onClick={sound.toggle}
          aria-keyshortcuts="Space"
        >
          {sound.playing
            ? t("Stop")
            : sound.speed === 1
              ? t("Play")
              : t("Play {{speed}} times faster", { speed: sound.speed })}
        </Button>
        {channels.length > 1 && (
          <NativeSelect
            size="sm"
            aria-label={t("Channel to hear and to see as a spectrogram")}
            value={channel}
            onChange={(event) => setChannel(event.currentTarget.value)}
            data={channels}
          />
        )}
        <Button
          size="sm"
          variant="default"
          aria-pressed={spectrogram}
          aria-keyshortcuts="s"
          leftSection={<AudioLines size={16} />}
          onClick={() => setSpectrogram(!spectrogram)}
        >
          {t("Spectrogram")}
        </Button>
        <span className="grow soft small" style={{ textAlign: "right" }}>
          {recording.streams.map((one) => `${one.sensor}, ${one.rateHz} Hz`).join("; ")}
        </span>
        <Button.Group>
          <Button size="sm" variant="default" aria-label={t("Zoom in")} onClick={() => view.zoom(0.6)}>
            <ZoomIn size={16} />
          </Button>
          <Button size="sm" variant="default" aria-label={t("Zoom out")} onClick={() => view.zoom(1.6)}>
            <ZoomOut size={16} />
          </Button>
          <Button size="sm" variant="default" aria-label={t("Show all of it")} onClick={view.all}>
            <Maximize2 size={16} />
          </Button>
        </Button.Group>
      </div>
      {recording.streams.map((one) => (
        <WaveView
          key={one.id}
          stream={one}
          view={view}
          marked={marked}
          onMark={setMarked}
          window={props.window}
          found={found}
          playhead={sound.position}
        />
      ))}
      {spectrogram && <SpectrogramView stream={shown} channel={lane} view={view} marked={marked} />}
      <CutPanel
        recording={recording}
        marked={marked}
        span={view.span}
        onMark={setMarked}
        found={found}
        onFound={setFound}
        onReplaced={props.onReplaced}
      />
    </>
  );
}

/** The window in question with as much again on either side; all of the recording where there is none. */
function around(window: Span | undefined, seconds: number): Span | undefined {
  if (window === undefined) return undefined;
  const margin = (window.to - window.from) * 1.5;
  return { from: Math.max(0, window.from - margin), to: Math.min(seconds, window.to + margin) };
}

export function useSound(recording: RecordingInfo, stream: number, channel: number, part: Span) {
  const client = useEngine();
  const player = useRef<SoundPlayer | null>(null);
  const [position, setPosition] = useState<number | null>(null);
  const rateHz = recording.streams[stream]?.rateHz ?? 8000;
  const streamId = recording.streams[stream]?.id ?? 0;
  const speed = speedFor(rateHz);
  useEffect(() => {
    const made = new SoundPlayer();
    player.current = made;
    return () => made.close();
  }, []);
  const playing = position !== null;
  const from = useRef(0);
  useEffect(() => {
    if (!playing) return;
    let frame = requestAnimationFrame(function step() {
      const played = player.current?.position() ?? null;
      if (played !== null) setPosition(from.current + played);
      frame = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing]);
  const toggle = useCallback(() => {
    if (playing) {
      player.current?.stop();
      setPosition(null);
      return;
    }
    from.current = part.from;
    fetchSamples(client, { streamId, channel, rateHz, part })
      .then((values) => player.current?.play(values, rateHz, speed, () => setPosition(null)))
      .then(() => setPosition(from.current))
      .catch(notifyError);
  }, [client, playing, part, streamId, channel, rateHz, speed]);
  return { playing, position, speed, toggle };
}

async function fetchSamples(
  client: EngineClient,
  wish: { streamId: number; channel: number; rateHz: number; part: Span },
): Promise<Float32Array> {
  const { rateHz, part } = wish;
  const to = Math.min(part.to, part.from + PLAYED_SECONDS * speedFor(rateHz));
  const { base64 } = await client.request("recordings:get-samples", {
    streamId: wish.streamId,
    channel: wish.channel,
    startSample: Math.floor(part.from * rateHz),
    endSample: Math.ceil(to * rateHz),
  });
  return new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);
}

/** Keys that hold in the dialog as long as no field and no button has the focus. */
export function useDialogKeys(keys: readonly (readonly [key: string, act: () => void])[]): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.matches("input, textarea, select") === true) return;
      if (event.key === " " && target?.matches("button, a") === true) return;
      const act = current.current.find(([key]) => key === event.key)?.[1];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
