/** One row for each class: record at the left, how much there is of it, its recordings as thumbnails, newest first. */
import { Menu, TextInput } from "@mantine/core";
import { Circle, Ellipsis, Play, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { notifyError, useApp } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { duration, fixed, grouped } from "../locales/format.ts";
import { classMark } from "../widgets/parts.tsx";
import { deleteRecordings } from "../widgets/recording-edits.ts";
import { Thumbnail } from "../widgets/thumbnail.tsx";
import { useRecorderSettings } from "./recorder-settings.ts";
import type { Recorder } from "./use-recorder.ts";

/** Recordings of each class to aim for where no plan says how many. */
const WANTED_EACH = 20;
const THUMB_PX = 120;

export function ClassRows(props: {
  labels: readonly string[];
  recordings: readonly RecordingInfo[];
  recorder: Recorder;
  onOpen: (id: number) => void;
  onMore: (label: string) => void;
}) {
  const { t } = useTranslation();
  const list = useRef<HTMLUListElement>(null);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    if (event.target instanceof HTMLInputElement) return;
    const buttons = [...(list.current?.querySelectorAll<HTMLButtonElement>(".record-button") ?? [])];
    const row = (event.target as HTMLElement).closest("li");
    const at = buttons.findIndex((button) => row?.contains(button) === true);
    const next = buttons[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next === undefined) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <ul className="class-rows" ref={list} onKeyDown={onKeyDown} aria-label={t("Classes")}>
      {props.labels.map((label, index) => (
        <ClassRow key={label} {...props} label={label} digit={index + 1} />
      ))}
    </ul>
  );
}

function ClassRow(props: {
  label: string;
  digit: number;
  labels: readonly string[];
  recordings: readonly RecordingInfo[];
  recorder: Recorder;
  onOpen: (id: number) => void;
  onMore: (label: string) => void;
}) {
  const { t } = useTranslation();
  const { label, recorder, digit } = props;
  const [renaming, setRenaming] = useState(false);
  const own = props.recordings.filter((one) => one.label === label);
  const seconds = own.reduce((sum, one) => sum + one.seconds, 0);
  const { phase } = recorder;
  const active = phase.kind !== "idle" && phase.label === label;
  const { color, shape } = classMark(props.labels, label);
  const aim = useRecorderSettings((settings) => (settings.mode === "plan" ? settings.takes : WANTED_EACH));
  const wanted = { count: own.length, wanted: aim, time: duration(seconds) };
  const begun = useApp((state) => active && state.recording.kind === "recording");
  const press = pressOf(recorder, label, begun);
  return (
    <li
      className="class-row"
      data-phase={active ? phase.kind : "idle"}
      onKeyDown={(event) => event.key === "F2" && setRenaming(true)}
    >
      <button
        type="button"
        className="record-button"
        disabled={phase.kind !== "idle" && !active}
        {...(digit < 10 ? { "aria-keyshortcuts": `${digit}` } : {})}
        onClick={press.run}
        aria-label={t(press.name, { label })}
        title={active ? undefined : digit < 10 ? t("Record (key {{digit}})", { digit }) : t("Record")}
      >
        {active && phase.kind === "countdown" ? (
          <b>{phase.left}</b>
        ) : active && phase.kind === "waiting" ? (
          <Play size={18} fill="currentColor" aria-hidden />
        ) : active ? (
          <Square size={17} fill="currentColor" aria-hidden />
        ) : (
          <Circle size={18} fill="currentColor" aria-hidden />
        )}
      </button>
      <div className="class-name">
        {renaming ? (
          <Rename label={label} onDone={() => setRenaming(false)} />
        ) : (
          <b>
            <span aria-hidden style={{ color }}>
              {shape}
            </span>{" "}
            {label}
          </b>
        )}
        <span className="bar" aria-hidden data-full={own.length >= aim}>
          <i style={{ width: `${Math.min(100, (own.length / aim) * 100)}%` }} />
        </span>
        {active ? (
          <RowNow phase={phase} />
        ) : (
          <span className="soft small">
            {own.length >= aim
              ? t("{{count}} recordings, {{time}}", wanted)
              : t("{{count}} of {{wanted}}, {{time}}", wanted)}
          </span>
        )}
      </div>
      <Thumbs label={label} recordings={own} onOpen={props.onOpen} onMore={props.onMore} />
      <RowMenu label={label} count={own.length} onRename={() => setRenaming(true)} onMore={props.onMore} />
    </li>
  );
}

/** What the button of a class does now: what began a recording ends it too, so that one place is enough for a hand in a glove. */
function pressOf(
  recorder: Recorder,
  label: string,
  begun: boolean,
): { readonly name: string; readonly run: () => void } {
  const { phase } = recorder;
  if (phase.kind === "idle" || phase.label !== label)
    return { name: "Record “{{label}}”", run: () => recorder.record(label) };
  if (phase.kind === "waiting") return { name: "Go on with “{{label}}”", run: recorder.goOn };
  return begun
    ? { name: "Stop “{{label}}”, keep it", run: recorder.stop }
    : { name: "Cancel “{{label}}”", run: recorder.discard };
}

/** Beside the button, for eyes that are there: the panel with the large figures may be out of sight. */
function RowNow({ phase }: { phase: Recorder["phase"] }) {
  const { t } = useTranslation();
  const state = useApp((app) => app.recording);
  const text =
    phase.kind === "waiting"
      ? t("waits for you")
      : phase.kind === "countdown"
        ? t("get ready")
        : state.kind === "recording"
          ? state.ofSeconds === null
            ? `${fixed(state.seconds, 1)} s`
            : t("{{done}} of {{wanted}}", {
                done: fixed(state.seconds, 1),
                wanted: `${grouped(state.ofSeconds)} s`,
              })
          : t("waits for the signal");
  return (
    <b className="row-now" aria-hidden>
      {text}
    </b>
  );
}

function Rename({ label, onDone }: { label: string; onDone: () => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const [name, setName] = useState(label);
  const [left, setLeft] = useState(false);
  const save = (): void => {
    if (left) return;
    setLeft(true);
    if (name.trim() !== "" && name.trim() !== label)
      client.request("labels:rename", { from: label, to: name.trim() }).catch(notifyError);
    onDone();
  };
  return (
    <TextInput
      size="sm"
      autoFocus
      aria-label={t("New name of “{{label}}”", { label })}
      value={name}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") save();
        if (event.key === "Escape") {
          setLeft(true);
          onDone();
        }
      }}
    />
  );
}

/** As many as there is room for; one stop for Tab, arrows inside, Enter opens, Delete deletes. */
function Thumbs(props: {
  label: string;
  recordings: readonly RecordingInfo[];
  onOpen: (id: number) => void;
  onMore: (label: string) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const holder = useRef<HTMLDivElement>(null);
  const room = useRoom(holder);
  const [active, setActive] = useState(0);
  const newest = [...props.recordings].reverse();
  const fits = newest.length <= room ? newest.length : Math.max(0, room - 1);
  const shown = newest.slice(0, fits);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step !== 0) {
      const next = Math.min(shown.length - 1, Math.max(0, active + step));
      setActive(next);
      holder.current?.querySelectorAll<HTMLButtonElement>(".thumb-button")[next]?.focus();
      event.preventDefault();
    }
    const one = shown[active];
    if (event.key === "Delete" && one !== undefined) deleteRecordings(client, [one.id]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys move between the buttons inside.
    <div className="thumbs" ref={holder} onKeyDown={onKeyDown}>
      {newest.length === 0 && <p className="soft small">{t("No recording yet")}</p>}
      {shown.map((one, index) => {
        const warning = one.quality.find(({ level }) => level === "warning");
        return (
          <button
            key={one.id}
            type="button"
            className="thumb-button"
            tabIndex={index === Math.min(active, shown.length - 1) ? 0 : -1}
            data-excluded={one.excluded}
            data-warning={warning !== undefined}
            onFocus={() => setActive(index)}
            onClick={() => props.onOpen(one.id)}
            title={`${one.name}, ${fixed(one.seconds, 1)} s${warning === undefined ? "" : `\n${said(warning.message)}`}`}
            aria-label={t("Open {{name}}, {{seconds}} s", {
              name: one.name,
              seconds: one.seconds.toFixed(1),
            })}
          >
            <Thumbnail stream={one.streams[0]} />
          </button>
        );
      })}
      {newest.length > shown.length && (
        <button type="button" className="thumb-more" onClick={() => props.onMore(props.label)}>
          {shown.length === 0
            ? t("{{count}} recordings", { count: newest.length })
            : t("{{count}} more", { count: newest.length - shown.length })}
        </button>
      )}
    </div>
  );
}

/** How many thumbnails fit in a row. */
function useRoom(holder: React.RefObject<HTMLElement | null>): number {
  const [room, setRoom] = useState(4);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const observer = new ResizeObserver(() =>
      setRoom(Math.max(1, Math.floor(element.clientWidth / THUMB_PX))),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [holder]);
  return room;
}

function RowMenu(props: {
  label: string;
  count: number;
  onRename: () => void;
  onMore: (label: string) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const go = useApp((state) => state.go);
  const { label, count } = props;
  const remove = async (): Promise<void> => {
    const { summary, recordings } = useApp.getState();
    const ids = recordings.filter((one) => one.label === label).map(({ id }) => id);
    if (summary === null) return;
    const classes = summary.goal.classes.filter(({ name }) => name !== label);
    await client.request("project:save-goal", { ...summary.goal, classes });
    if (ids.length > 0) deleteRecordings(client, ids);
  };
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <button type="button" className="icon-button" aria-label={t("More about “{{label}}”", { label })}>
          <Ellipsis size={18} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={props.onRename} rightSection={<kbd>F2</kbd>}>
          {t("Rename the class…")}
        </Menu.Item>
        <Menu.Item onClick={() => props.onMore(label)}>{t("Show its recordings in the list")}</Menu.Item>
        <Menu.Item onClick={() => go("goal")}>{t("Describe it in the goal")}</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => void remove().catch(notifyError)}>
          {count === 0
            ? t("Delete class “{{label}}”", { label })
            : t("Delete class and its {{count}} recordings", { count })}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
