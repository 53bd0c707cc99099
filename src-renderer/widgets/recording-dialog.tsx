/** One recording, large: its signal, findings, and all that can be changed about it. */
import { Autocomplete, Button, Modal, Textarea, TextInput } from "@mantine/core";
import { ChevronLeft, ChevronRight, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { saidOfExample } from "../locales/engine-texts.ts";
import { dateAndTimeOf } from "../locales/format.ts";
import { classMark, Message, useLabels } from "./parts.tsx";
import { deleteRecordings, updateRecordings } from "./recording-edits.ts";
import { RecordingPhoto } from "./recording-photo.tsx";
import { RecordingSignal, useDialogKeys } from "./recording-signal.tsx";
import type { Span } from "./signal-view.ts";

export type Shown = { readonly id: number; readonly mark?: { fromMs: number; toMs: number } | undefined };

type Props = {
  readonly shown: Shown | null;
  readonly onShow: (shown: Shown | null) => void;
  /** Ids of the list that it was opened from, for the ones before and after. */
  readonly order?: readonly number[] | undefined;
};

export function RecordingDialog({ shown, onShow, order }: Props) {
  const { t } = useTranslation();
  const recording = useApp((state) => state.recordings.find(({ id }) => id === shown?.id));
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={recording !== undefined}
      onClose={() => onShow(null)}
      size="min(1180px, 100%)"
      title={recording?.name}
      centered
    >
      {recording !== undefined && (
        <Detail key={recording.id} recording={recording} mark={shown?.mark} onShow={onShow} order={order} />
      )}
    </Modal>
  );
}

function Detail(props: {
  recording: RecordingInfo;
  mark: Shown["mark"];
  onShow: Props["onShow"];
  order: readonly number[] | undefined;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const { recording, mark, order, onShow } = props;
  const update = (change: Parameters<typeof updateRecordings>[2]): void =>
    updateRecordings(client, [recording.id], change);
  const all = [...new Set([...labels, recording.label])];
  const window: Span | undefined =
    mark === undefined ? undefined : { from: mark.fromMs / 1000, to: mark.toMs / 1000 };
  const at = order?.indexOf(recording.id) ?? -1;
  const beside = (step: number): number | undefined => (at < 0 ? undefined : order?.[at + step]);
  const move = (step: number): void => {
    const id = beside(step);
    if (id !== undefined) onShow({ id });
  };
  const remove = (): void => {
    const next = beside(1) ?? beside(-1);
    deleteRecordings(client, [recording.id]);
    onShow(next === undefined ? null : { id: next });
  };
  useDialogKeys([
    ["PageUp", () => move(-1)],
    ["PageDown", () => move(1)],
    ["Delete", remove],
    ...all.slice(0, 9).map((label, index) => [`${index + 1}`, () => update({ label })] as const),
  ]);
  return (
    <div className="stack" style={{ gap: 14 }}>
      <RecordingSignal
        recording={recording}
        window={window}
        onReplaced={(ids) => onShow(ids[0] === undefined ? null : { id: ids[0] })}
      />
      {recording.quality.map((finding) => (
        <Message key={finding.message} level={finding.level} message={finding.message} />
      ))}
      <div className="facts">
        <fieldset className="class-choice">
          <legend>{t("Class")}</legend>
          {all.map((label, index) => (
            <button
              key={label}
              type="button"
              className="class-button"
              aria-pressed={label === recording.label}
              {...(index < 9 ? { "aria-keyshortcuts": `${index + 1}` } : {})}
              onClick={() => label !== recording.label && update({ label })}
            >
              <span aria-hidden style={{ color: classMark(labels, label).color }}>
                {classMark(labels, label).shape}
              </span>
              {label}
              {index < 9 && <kbd aria-hidden>{index + 1}</kbd>}
            </button>
          ))}
        </fieldset>
        <Fields recording={recording} onChange={update} />
      </div>
      <p className="soft small">
        {t("From {{source}}, {{date}}, {{seconds}} s, {{lost}} samples lost", {
          source: recording.source,
          date: dateAndTimeOf(recording.createdAt),
          seconds: recording.seconds.toFixed(1),
          lost: recording.streams.reduce((sum, stream) => sum + stream.lostSamples, 0),
        })}
      </p>
      <div className="row dialog-foot">
        <Button variant="default" onClick={() => update({ excluded: !recording.excluded })}>
          {recording.excluded ? t("Use it again") : t("Exclude from training")}
        </Button>
        <Button variant="default" leftSection={<Trash2 size={16} />} onClick={remove}>
          {t("Delete")}
        </Button>
        <span className="grow" />
        {order !== undefined && order.length > 1 && (
          <>
            <Button
              variant="default"
              disabled={beside(-1) === undefined}
              aria-label={t("The recording before")}
              aria-keyshortcuts="PageUp"
              onClick={() => move(-1)}
            >
              <ChevronLeft size={18} />
            </Button>
            <span className="soft">{t("{{at}} of {{count}}", { at: at + 1, count: order.length })}</span>
            <Button
              variant="default"
              disabled={beside(1) === undefined}
              aria-label={t("The recording after")}
              aria-keyshortcuts="PageDown"
              onClick={() => move(1)}
            >
              <ChevronRight size={18} />
            </Button>
          </>
        )}
        <Button onClick={() => onShow(null)}>{t("Done")}</Button>
      </div>
    </div>
  );
}

/** Text fields keep what is typed until they are left, so that each is one edit. */
function Fields(props: {
  recording: RecordingInfo;
  onChange: (change: Parameters<typeof updateRecordings>[2]) => void;
}) {
  const { t } = useTranslation();
  const { recording, onChange } = props;
  const [name, setName] = useState(recording.name);
  const [group, setGroup] = useState(recording.group ?? "");
  const notesShown = saidOfExample(recording.notes);
  const [notes, setNotes] = useState(notesShown);
  const [machine, setMachine] = useState(recording.machine);
  const [mount, setMount] = useState(recording.mount);
  const known = useApp((state) => state.recordings);
  const machines = useMemo(() => namesOf(known.map((one) => one.machine)), [known]);
  const mounts = useMemo(() => namesOf(known.map((one) => one.mount)), [known]);
  return (
    <>
      <TextInput
        label={t("Name")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => name.trim() !== "" && name !== recording.name && onChange({ name })}
      />
      <TextInput
        label={t("Group (machine, day, session)")}
        value={group}
        onChange={(event) => setGroup(event.currentTarget.value)}
        onBlur={() => group !== (recording.group ?? "") && onChange({ group: group === "" ? null : group })}
      />
      <Textarea
        label={t("Notes")}
        autosize
        minRows={1}
        maxRows={4}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
        onBlur={() => notes !== notesShown && onChange({ notes })}
      />
      <div className="place-facts">
        <Autocomplete
          label={t("Machine")}
          placeholder={t("Pump 3, hall 2")}
          data={machines}
          value={machine}
          onChange={setMachine}
          onBlur={() => machine !== recording.machine && onChange({ machine: machine.trim() })}
        />
        <Autocomplete
          label={t("Where the board sits")}
          placeholder={t("drive end, on the bearing, axis across")}
          data={mounts}
          value={mount}
          onChange={setMount}
          onBlur={() => mount !== recording.mount && onChange({ mount: mount.trim() })}
        />
        <RecordingPhoto photo={recording.photo} onChange={(photo) => onChange({ photo })} />
      </div>
    </>
  );
}

/** Names that were used before, each once, to be chosen again. */
const namesOf = (all: readonly string[]): string[] => [...new Set(all.filter((name) => name !== ""))].sort();
