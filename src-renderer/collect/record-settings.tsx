/** How a recording is made, in one line: how many and how long, what begins it, group, sensors. */
import { Button, Checkbox, NativeSelect, NumberInput, Popover, TextInput } from "@mantine/core";
import { MapPin, Volume2, VolumeX } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { BoardInfo } from "../../src-shared/contract/index.ts";
import { useApp } from "../app/store.ts";
import { levelAbove, useLiveLevel } from "../widgets/live-level.ts";
import { RecordingPhoto } from "../widgets/recording-photo.tsx";
import { type RecorderSettings, totalSeconds, useRecorderSettings } from "./recorder-settings.ts";
import { rateOf, ratesOf } from "./sensor-choice.ts";

export function RecordSettings({ board }: { board: BoardInfo }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const total = totalSeconds(settings);
  return (
    <div className="row end record-settings">
      <NativeSelect
        className="record-choice"
        label={t("Record")}
        value={settings.mode}
        onChange={(event) => settings.set({ mode: event.currentTarget.value as RecorderSettings["mode"] })}
        data={[
          { value: "fixed", label: t("one of a fixed length") },
          { value: "series", label: t("several in turn") },
          { value: "plan", label: t("a set number of each class") },
          { value: "open", label: t("until stopped") },
        ]}
      />
      {(settings.mode === "series" || settings.mode === "plan") && (
        <NumberInput
          label={settings.mode === "plan" ? t("Of each class") : t("How many")}
          w={98}
          min={1}
          max={200}
          value={settings.takes}
          onChange={(value) => settings.set({ takes: Math.max(1, Math.round(Number(value) || 1)) })}
        />
      )}
      {settings.mode !== "open" && (
        <NumberInput
          label={t("Seconds")}
          w={84}
          min={0.5}
          max={3600}
          value={settings.seconds}
          onChange={(value) => settings.set({ seconds: Math.max(0.1, Number(value) || 1) })}
        />
      )}
      <Start board={board} />
      <TextInput
        className="grow record-group"
        label={t("Group (machine, day, session)")}
        value={settings.group}
        onChange={(event) => settings.set({ group: event.currentTarget.value })}
      />
      <Place />
      <Sensors board={board} />
      <Button
        variant="default"
        px={12}
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

/** After a countdown, or hands-free: once the signal is strong enough. */
function Start({ board }: { board: BoardInfo }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const levels = useLiveLevel((state) => state.levels);
  const used = board.sensors.filter(({ id }) => !settings.without.includes(id));
  const sensors = used.length === 0 ? board.sensors : used;
  const sensor = sensors.find(({ id }) => id === settings.levelSensor) ?? sensors[0];
  const now = sensor === undefined ? undefined : levels[sensor.id];
  const byLevel = settings.start === "level";
  return (
    <>
      <NativeSelect
        className="record-choice"
        label={t("Start")}
        value={byLevel ? "level" : String(settings.countdown)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value !== "level") settings.set({ start: "countdown", countdown: Number(value) });
          else settings.set({ start: "level", level: settings.level ?? levelAbove(now?.value ?? 0.1) });
        }}
        data={[
          { value: "0", label: t("at once") },
          ...["3", "5", "10"].map((seconds) => ({
            value: seconds,
            label: t("after {{seconds}} s", { seconds }),
          })),
          { value: "level", label: t("at a level (hands-free)") },
        ]}
      />
      {byLevel && (
        <>
          {sensors.length > 1 && (
            <NativeSelect
              label={t("Level of")}
              value={sensor?.id ?? ""}
              onChange={(event) => {
                const { value } = event.currentTarget;
                settings.set({ levelSensor: value, level: levelAbove(levels[value]?.value ?? 0.1) });
              }}
              data={sensors.map(({ id }) => id)}
            />
          )}
          <NumberInput
            label={t("Level ({{unit}})", { unit: now?.unit || sensor?.unit || "–" })}
            w={104}
            min={0}
            step={settings.level === null ? 0.1 : settings.level / 5}
            decimalScale={5}
            value={settings.level ?? ""}
            onChange={(value) => Number(value) > 0 && settings.set({ level: Number(value) })}
          />
          <Button
            variant="default"
            disabled={now === undefined}
            title={t("Three times what it is now")}
            onClick={() => now !== undefined && settings.set({ level: levelAbove(now.value) })}
          >
            {t("From now")}
          </Button>
          <NumberInput
            label={t("Before (s)")}
            title={t("Seconds before the level is reached that are kept")}
            w={82}
            min={0}
            max={10}
            step={0.5}
            value={settings.preSeconds}
            onChange={(value) => settings.set({ preSeconds: Math.min(10, Math.max(0, Number(value) || 0)) })}
          />
        </>
      )}
    </>
  );
}

/** Machine, place and photo that new recordings get: said once for many. */
function Place() {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const { machine, mount, photo } = settings;
  const some = machine !== "" || mount !== "" || photo !== null;
  return (
    <Popover position="bottom-end" shadow="md" trapFocus width={340}>
      <Popover.Target>
        <Button
          variant="default"
          px={12}
          aria-pressed={some}
          aria-label={t("Machine and place of the board")}
          title={t("Machine and place of the board")}
        >
          <MapPin size={17} />
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack" style={{ gap: 10 }}>
          <TextInput
            label={t("Machine")}
            placeholder={t("Pump 3, hall 2")}
            maxLength={200}
            value={machine}
            onChange={(event) => settings.set({ machine: event.currentTarget.value })}
          />
          <TextInput
            label={t("Where the board sits")}
            placeholder={t("drive end, on the bearing, axis across")}
            maxLength={200}
            value={mount}
            onChange={(event) => settings.set({ mount: event.currentTarget.value })}
          />
          <RecordingPhoto photo={photo} onChange={(next) => settings.set({ photo: next })} />
        </div>
      </Popover.Dropdown>
    </Popover>
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
