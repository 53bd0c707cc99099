/** The settings of a recording in one line, the live signal below, and what is going on while one is made. */
import { Button, Checkbox, NativeSelect, NumberInput, Popover, TextInput } from "@mantine/core";
import { Square, Trash2, Usb, Volume2, VolumeX } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { BoardInfo } from "../../src-shared/contract/index.ts";
import { connectedBoard, useApp } from "../app/store.ts";
import { LiveTrace } from "../widgets/live-trace.tsx";
import { ErrorMessage } from "../widgets/parts.tsx";
import { type RecorderSettings, totalSeconds, useRecorderSettings } from "./recorder-settings.ts";
import { rateOf, ratesOf } from "./sensor-choice.ts";
import type { Recorder } from "./use-recorder.ts";

export function RecordPanel({ recorder }: { recorder: Recorder }) {
  const { t } = useTranslation();
  const board = useApp(connectedBoard);
  const state = useApp((app) => app.board.kind);
  const openBoards = useApp((app) => app.openBoards);
  if (board === null) {
    return (
      <section className="card invite" aria-label={t("Recorder")}>
        <Usb size={26} aria-hidden />
        <div className="grow">
          <h2>
            {state === "connecting" || state === "reconnecting"
              ? t("Waiting for the board…")
              : t("Connect a board to record")}
          </h2>
          <p className="soft">
            {t(
              "A board on a USB cable, the virtual one, or the simulated one, which needs no hardware. Files can be imported without any.",
            )}
          </p>
        </div>
        <Button size="md" onClick={() => openBoards(true)}>
          {t("Choose a board…")}
        </Button>
      </section>
    );
  }
  return (
    <section className="card" aria-label={t("Recorder")} data-recording={recorder.phase.kind === "recording"}>
      {recorder.phase.kind === "idle" ? (
        <Settings board={board} />
      ) : (
        <Running recorder={recorder} phase={recorder.phase} />
      )}
      <ErrorMessage error={recorder.error} />
      <LiveTrace recording={recorder.phase.kind === "recording"} />
    </section>
  );
}

function Settings({ board }: { board: BoardInfo }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const total = totalSeconds(settings);
  return (
    <div className="row end record-settings">
      <NativeSelect
        label={t("Record")}
        value={settings.mode}
        onChange={(event) => settings.set({ mode: event.currentTarget.value as RecorderSettings["mode"] })}
        data={[
          { value: "fixed", label: t("one of a fixed length") },
          { value: "series", label: t("several in turn") },
          { value: "open", label: t("until stopped") },
        ]}
      />
      {settings.mode === "series" && (
        <NumberInput
          label={t("How many")}
          w={96}
          min={2}
          max={200}
          value={settings.takes}
          onChange={(value) => settings.set({ takes: Math.max(1, Math.round(Number(value) || 1)) })}
        />
      )}
      {settings.mode !== "open" && (
        <NumberInput
          label={t("Seconds")}
          w={96}
          min={0.5}
          max={3600}
          value={settings.seconds}
          onChange={(value) => settings.set({ seconds: Math.max(0.1, Number(value) || 1) })}
        />
      )}
      <NativeSelect
        label={t("Countdown")}
        value={String(settings.countdown)}
        onChange={(event) => settings.set({ countdown: Number(event.currentTarget.value) })}
        data={["0", "3", "5", "10"].map((value) => ({
          value,
          label: value === "0" ? t("none") : `${value} s`,
        }))}
      />
      <TextInput
        className="grow"
        label={t("Group (machine, day, session)")}
        value={settings.group}
        onChange={(event) => settings.set({ group: event.currentTarget.value })}
      />
      <Sensors board={board} />
      <Button
        variant="default"
        aria-pressed={settings.sound}
        aria-label={t("Tones while recording")}
        title={t("Tones while recording")}
        onClick={() => settings.set({ sound: !settings.sound })}
      >
        {settings.sound ? <Volume2 size={17} /> : <VolumeX size={17} />}
      </Button>
      {settings.mode === "series" && total !== null && (
        <p className="soft small" style={{ alignSelf: "center" }}>
          {t("{{seconds}} s in all", { seconds: Math.round(total) })}
        </p>
      )}
    </div>
  );
}

/** Which sensors, at which rates; only where there is something to choose. */
function Sensors({ board }: { board: BoardInfo }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const recordings = useApp((app) => app.recordings);
  const others = useMemo(() => ratesOf(recordings), [recordings]);
  if (board.sensors.length < 2 && (board.sensors[0]?.rates.length ?? 0) < 2) return null;
  const used = board.sensors.filter(({ id }) => !settings.without.includes(id));
  const only = used.length === 1 ? used[0] : undefined;
  return (
    <Popover position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default">
          {only !== undefined
            ? `${only.id}, ${rateOf(only, settings.rates, others) ?? ""} Hz`
            : used.length === board.sensors.length
              ? t("Sensors: all")
              : t("Sensors: {{used}} of {{all}}", { used: used.length, all: board.sensors.length })}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack" style={{ gap: 12 }}>
          {board.sensors.map((sensor) => (
            <div className="row" key={sensor.id}>
              <Checkbox
                className="grow"
                label={sensor.id}
                checked={!settings.without.includes(sensor.id)}
                onChange={(event) =>
                  settings.set({
                    without: event.currentTarget.checked
                      ? settings.without.filter((id) => id !== sensor.id)
                      : [...settings.without, sensor.id],
                  })
                }
              />
              <NativeSelect
                aria-label={t("Rate of {{sensor}}", { sensor: sensor.id })}
                value={String(rateOf(sensor, settings.rates, others) ?? 0)}
                onChange={(event) =>
                  settings.set({
                    rates: { ...settings.rates, [sensor.id]: Number(event.currentTarget.value) },
                  })
                }
                data={sensor.rates.map((rate) => ({ value: String(rate), label: `${rate} Hz` }))}
              />
            </div>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function Running({
  recorder,
  phase,
}: {
  recorder: Recorder;
  phase: Exclude<Recorder["phase"], { kind: "idle" }>;
}) {
  const { t } = useTranslation();
  const state = useApp((app) => app.recording);
  const seconds = state.kind === "recording" ? state.seconds : 0;
  const of = state.kind === "recording" ? state.ofSeconds : null;
  const lost = state.kind === "recording" ? state.lostSamples : 0;
  const counting = phase.kind === "countdown";
  return (
    <div className="recording-now" data-phase={phase.kind}>
      <div className="now-figure" aria-live="assertive">
        {counting ? phase.left : `${seconds.toFixed(1)} s`}
      </div>
      <div className="grow">
        <p>
          <b>
            {counting
              ? t("Get ready: “{{label}}”", { label: phase.label })
              : t("Recording “{{label}}”", { label: phase.label })}
          </b>
          {phase.of > 1 && ` ${t("{{take}} of {{of}}", { take: phase.take, of: phase.of })}`}
          <span className="lost" data-lost={lost > 0}>
            {counting ? "" : t("{{lost}} lost", { lost })}
          </span>
        </p>
        <div className="bar" aria-hidden>
          <i
            style={{
              width: counting ? 0 : of === null ? "100%" : `${Math.min(100, (seconds / of) * 100)}%`,
            }}
          />
        </div>
      </div>
      {!counting && (
        <Button size="lg" leftSection={<Square size={17} fill="currentColor" />} onClick={recorder.stop}>
          {t("Stop and keep")}
        </Button>
      )}
      <Button
        size="lg"
        variant="default"
        leftSection={counting ? undefined : <Trash2 size={17} />}
        onClick={recorder.discard}
      >
        {counting ? t("Cancel") : t("Discard")}
      </Button>
    </div>
  );
}
