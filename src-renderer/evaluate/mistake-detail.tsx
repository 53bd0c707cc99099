/** One mistake, large: its signal and spectrogram with what is round it, its sound, and each way to put it right. */
import { Button } from "@mantine/core";
import { AudioLines, Maximize2, Play, Scissors, Square, Tag, TagsIcon, Undo2, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport, RecordingInfo, StreamInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { fixed, grouped } from "../locales/format.ts";
import { ClassChip } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { cutRecording, updateRecordings } from "../widgets/recording-edits.ts";
import { useSound } from "../widgets/recording-signal.tsx";
import { useSignalView } from "../widgets/signal-view.ts";
import { SpectrogramView } from "../widgets/spectrogram-view.tsx";
import { WaveView } from "../widgets/wave-view.tsx";

export type Mistake = EvaluationReport["mistakes"][number];

/** Parts shorter than this are no recordings, seconds. */
const SHORTEST = 0.02;

export function MistakeDetail(props: { one: Mistake; windowMs: number; values: boolean }) {
  const { t } = useTranslation();
  const { one } = props;
  const recording = useApp((state) => state.recordings.find(({ id }) => id === one.recording));
  const [stream] = recording?.streams ?? [];
  return (
    <section className="mistake-detail" aria-label={t("The chosen window")}>
      <div className="row" style={{ gap: 8 }}>
        <h3 className="grow">{one.recordingName}</h3>
        {props.values ? (
          <span className="small">
            {t("was {{was}}, called {{called}}", {
              was: one.label,
              called: grouped(Number(one.predicted), 3),
            })}
          </span>
        ) : (
          <span className="row small" style={{ gap: 6 }}>
            <span className="soft">{t("was")}</span> <ClassChip label={one.label} />
            <span className="soft">{t("called")}</span> <ClassChip label={one.predicted} />
          </span>
        )}
      </div>
      {recording === undefined || stream === undefined ? (
        <p className="soft">
          {t("The recording was cut or deleted since the test. Test again to see what is left.")}
        </p>
      ) : (
        <Signal {...props} recording={recording} stream={stream} />
      )}
    </section>
  );
}

function Signal(props: {
  one: Mistake;
  windowMs: number;
  values: boolean;
  recording: RecordingInfo;
  stream: StreamInfo;
}) {
  const { t } = useTranslation();
  const { one, recording, stream } = props;
  const window = {
    from: one.startMs / 1000,
    to: Math.min(recording.seconds, (one.startMs + props.windowMs) / 1000),
  };
  const room = (window.to - window.from) * 1.5;
  const view = useSignalView(recording.seconds, {
    from: Math.max(0, window.from - room),
    to: Math.min(recording.seconds, window.to + room),
  });
  const [spectrogram, setSpectrogram] = useState(true);
  const [shown, setShown] = useState<Shown | null>(null);
  const sound = useSound(recording, 0, 0, window);
  return (
    <>
      <WaveView
        stream={stream}
        view={view}
        marked={null}
        onMark={() => {}}
        window={window}
        playhead={sound.position}
      />
      {spectrogram && <SpectrogramView stream={stream} channel={0} view={view} marked={window} />}
      <div className="row" style={{ gap: 8 }}>
        <Button
          size="xs"
          variant="default"
          leftSection={sound.playing ? <Square size={14} /> : <Play size={14} />}
          onClick={sound.toggle}
        >
          {sound.playing
            ? t("Stop")
            : sound.speed === 1
              ? t("Hear the window")
              : t("Hear the window {{speed}} times faster", { speed: sound.speed })}
        </Button>
        <Button
          size="xs"
          variant="default"
          aria-pressed={spectrogram}
          leftSection={<AudioLines size={14} />}
          onClick={() => setSpectrogram(!spectrogram)}
        >
          {t("Spectrogram")}
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<Maximize2 size={14} />}
          onClick={() =>
            setShown({ id: recording.id, mark: { fromMs: one.startMs, toMs: one.startMs + props.windowMs } })
          }
        >
          {t("Open the recording")}
        </Button>
      </div>
      <Remedies one={one} window={window} recording={recording} values={props.values} />
      <RecordingDialog shown={shown} onShow={setShown} />
    </>
  );
}

/** Relabel, cut out, ignore: each one edit that can be undone. */
function Remedies(props: {
  one: Mistake;
  window: { readonly from: number; readonly to: number };
  recording: RecordingInfo;
  values: boolean;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const { one, window, recording } = props;
  const around = [
    { fromSeconds: 0, toSeconds: window.from },
    { fromSeconds: window.to, toSeconds: recording.seconds },
  ].filter(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds >= SHORTEST);
  const cutOut = (): void => {
    void cutRecording(
      client,
      { id: recording.id, parts: around, replace: true },
      t("{{from}} to {{to}} s were cut out of “{{name}}”.", {
        from: fixed(window.from, 1),
        to: fixed(window.to, 1),
        name: recording.name,
      }),
    );
  };
  const relabelPart = (): void => {
    const part = { fromSeconds: window.from, toSeconds: window.to, label: one.predicted };
    const parts = [...around, part].sort((a, b) => a.fromSeconds - b.fromSeconds);
    void cutRecording(
      client,
      { id: recording.id, parts, replace: true },
      t("{{from}} to {{to}} s are now a recording of “{{label}}”.", {
        from: fixed(window.from, 1),
        to: fixed(window.to, 1),
        label: one.predicted,
      }),
    );
  };
  return (
    <fieldset className="remedies">
      <legend>{t("What is wrong about it?")}</legend>
      {!props.values && recording.label !== one.predicted && (
        <>
          <Button
            size="xs"
            variant="default"
            leftSection={<Tag size={14} />}
            onClick={() => updateRecordings(client, [recording.id], { label: one.predicted })}
          >
            {t("The label: all of it is “{{label}}”", { label: one.predicted })}
          </Button>
          {around.length > 0 && (
            <Button size="xs" variant="default" leftSection={<TagsIcon size={14} />} onClick={relabelPart}>
              {t("Only this window is “{{label}}”", { label: one.predicted })}
            </Button>
          )}
        </>
      )}
      {around.length > 0 && (
        <Button size="xs" variant="default" leftSection={<Scissors size={14} />} onClick={cutOut}>
          {t("A disturbance: cut the window out")}
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={recording.excluded ? <Undo2 size={14} /> : <X size={14} />}
        onClick={() => updateRecordings(client, [recording.id], { excluded: !recording.excluded })}
      >
        {recording.excluded ? t("Use it again") : t("The recording: ignore it")}
      </Button>
      <p className="soft small">
        {t("Nothing, and the model is wrong? Record more of “{{label}}” like this one, then train again.", {
          label: one.label,
        })}
      </p>
    </fieldset>
  );
}
