/** One recording, large: its signal, findings, and all that can be changed about it. */
import { Button, Modal, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo, RequestParams } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { notifyError, useApp } from "../app/store.ts";
import { Message, useLabels } from "./parts.tsx";
import { WaveView } from "./wave-view.tsx";

export type Shown = { readonly id: number; readonly mark?: { fromMs: number; toMs: number } | undefined };

export function RecordingDialog({ shown, onClose }: { shown: Shown | null; onClose: () => void }) {
  const { t } = useTranslation();
  const recording = useApp((state) => state.recordings.find(({ id }) => id === shown?.id));
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={recording !== undefined}
      onClose={onClose}
      size="xl"
      title={<b>{recording?.name}</b>}
    >
      {recording !== undefined && (
        <Detail key={recording.id} recording={recording} mark={shown?.mark} onClose={onClose} />
      )}
    </Modal>
  );
}

function Detail(props: { recording: RecordingInfo; mark: Shown["mark"]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const { recording } = props;
  const [group, setGroup] = useState(recording.group ?? "");
  const [notes, setNotes] = useState(recording.notes);
  const update = (change: Omit<RequestParams<"recordings:update">, "ids">): void => {
    client.request("recordings:update", { ids: [recording.id], ...change }).catch(notifyError);
  };
  const all = labels.includes(recording.label) ? labels : [...labels, recording.label];
  return (
    <div className="stack">
      {recording.streams.map((stream) => (
        <WaveView key={stream.id} stream={stream} mark={props.mark} />
      ))}
      {recording.quality.map((finding) => (
        <Message key={finding.message} level={finding.level} message={finding.message} />
      ))}
      <div className="grid2" style={{ gap: 12 }}>
        <NativeSelect
          label={t("Class")}
          value={recording.label}
          data={[...all]}
          onChange={(event) => update({ label: event.currentTarget.value })}
        />
        <TextInput
          label={t("Group (machine, day, session)")}
          value={group}
          onChange={(event) => setGroup(event.currentTarget.value)}
          onBlur={() => group !== (recording.group ?? "") && update({ group: group === "" ? null : group })}
        />
      </div>
      <Textarea
        label={t("Notes")}
        autosize
        minRows={1}
        value={notes}
        onChange={(event) => setNotes(event.currentTarget.value)}
        onBlur={() => notes !== recording.notes && update({ notes })}
      />
      <p className="soft small">
        {t("From {{source}}, {{date}}, {{seconds}} s, {{lost}} samples lost", {
          source: recording.source,
          date: new Date(recording.createdAt).toLocaleString(),
          seconds: recording.seconds.toFixed(1),
          lost: recording.streams.reduce((sum, stream) => sum + stream.lostSamples, 0),
        })}
      </p>
      <div className="row">
        <Button variant="default" onClick={() => update({ excluded: !recording.excluded })}>
          {recording.excluded ? t("Use it again") : t("Exclude from training")}
        </Button>
        <Button
          variant="default"
          onClick={() => {
            deleteRecordings(client, [recording.id]);
            props.onClose();
          }}
        >
          {t("Delete")}
        </Button>
        <span className="grow" />
        <Button onClick={props.onClose}>{t("Done")}</Button>
      </div>
    </div>
  );
}

/** Deletes at once and offers to undo it. */
export function deleteRecordings(client: ReturnType<typeof useEngine>, ids: number[]): void {
  const { notify } = useApp.getState();
  client
    .request("recordings:delete", { ids })
    .then(() =>
      notify({
        level: "info",
        message: ids.length === 1 ? "1 recording deleted." : `${ids.length} recordings deleted.`,
        action: {
          label: "Undo (Ctrl+Z)",
          run: () => void client.request("project:undo", {}).catch(notifyError),
        },
      }),
    )
    .catch(notifyError);
}
