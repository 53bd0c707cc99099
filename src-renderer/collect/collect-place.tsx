/** Step 2: recordings of every class, from the board or from files; what is held back for the test. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { Import } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ImportResult } from "../../src-shared/contract/index.ts";
import { SIGNAL_EXTENSIONS } from "../app/board-dialog.tsx";
import { useEngine, useWork } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { LiveTrace } from "../widgets/live-trace.tsx";
import {
  Card,
  classMark,
  Empty,
  ErrorMessage,
  Message,
  Page,
  useLabels,
  WorkProgress,
} from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { Recorder } from "./recorder.tsx";
import { RecordingList } from "./recording-list.tsx";

const WANTED_EACH = 20;

export function CollectPlace() {
  const { t } = useTranslation();
  const { summary, recordings, go } = useApp();
  const board = useApp(connectedBoard);
  const labels = useLabels();
  const [label, setLabel] = useState(labels[0] ?? "");
  const [filter, setFilter] = useState("");
  const [group, setGroup] = useState("");
  const [shown, setShown] = useState<Shown | null>(null);
  const importing = useWork("recordings:import");
  const [report, setReport] = useState<ImportResult | null>(null);
  const dropping = useDrop(setReport);
  const chooseFiles = async (): Promise<void> => {
    const paths = await pickPaths({
      mode: "files",
      title: t("Import recordings"),
      extensions: SIGNAL_EXTENSIONS,
      multiple: true,
    });
    if (paths.length === 0) return;
    const result = await importing.start({ paths });
    if (result !== null) setReport(result);
  };
  const rows = [...recordings]
    .filter((one) => filter === "" || one.label === filter)
    .sort((a, b) => b.id - a.id);
  const counts = new Map(summary?.labels.map((one) => [one.label, one]));
  const ready = (summary?.labels.length ?? 0) >= 2;
  return (
    <Page
      title={t("place.collect")}
      question={t("Do I have enough good recordings of every class?")}
      aside={
        <Button variant="default" leftSection={<Import size={16} />} onClick={() => void chooseFiles()}>
          {t("Import files…")}
        </Button>
      }
      action={
        <>
          <span className="why">
            {t("recordings", { count: recordings.length })}, {Math.round(summary?.seconds ?? 0)} s
          </span>
          <Button size="md" variant={ready ? "filled" : "default"} onClick={() => go("design")}>
            {t("Go on to the design")}
          </Button>
        </>
      }
    >
      {dropping && <div className="drop">{t("Drop recordings to import them")}</div>}
      {importing.running && (
        <WorkProgress
          title={t("Importing")}
          stage={importing.stage}
          fraction={importing.fraction}
          startedAt={importing.startedAt}
          onCancel={importing.cancel}
        />
      )}
      <ErrorMessage error={importing.error} />
      {report !== null && <ImportReport report={report} onClose={() => setReport(null)} />}
      {labels.length > 0 && (
        <section className="classes" aria-label={t("Classes")}>
          {labels.map((name) => (
            <button
              key={name}
              type="button"
              className="class-card"
              aria-pressed={label === name}
              onClick={() => setLabel(name)}
            >
              <b>
                <span aria-hidden style={{ color: classMark(labels, name).color }}>
                  {classMark(labels, name).shape}
                </span>{" "}
                {name}
              </b>
              <span className="bar" aria-hidden>
                <i
                  style={{
                    width: `${Math.min(100, ((counts.get(name)?.recordings ?? 0) / WANTED_EACH) * 100)}%`,
                  }}
                />
              </span>
              <span className="soft small">
                {t("{{count}} of {{wanted}}, {{seconds}} s", {
                  count: counts.get(name)?.recordings ?? 0,
                  wanted: WANTED_EACH,
                  seconds: Math.round(counts.get(name)?.seconds ?? 0),
                })}
              </span>
            </button>
          ))}
        </section>
      )}
      <Recorder label={label} group={group} onGroup={setGroup} />
      {board !== null && <LiveTrace />}
      <Card
        title={t("Recordings")}
        aside={
          <NativeSelect
            size="xs"
            aria-label={t("Show the class")}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
            data={[{ value: "", label: t("All classes") }, ...labels]}
          />
        }
      >
        {recordings.length === 0 ? (
          <Empty
            text={t(
              "No recordings yet. Choose a class, press Record and let the machine run for 5 seconds. Aim for 20 recordings per class, taken on more than one day. Or drop WAV and CSV files here.",
            )}
          >
            <Button variant="default" onClick={() => void chooseFiles()}>
              {t("Import files…")}
            </Button>
          </Empty>
        ) : (
          <RecordingList recordings={rows} onOpen={(id) => setShown({ id })} />
        )}
      </Card>
      {recordings.length > 0 && <SplitCard />}
      <RecordingDialog shown={shown} onClose={() => setShown(null)} />
    </Page>
  );
}

function ImportReport({ report, onClose }: { report: ImportResult; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Message
        level={report.imported > 0 ? "good" : "warning"}
        message={t("{{count}} imported, {{skipped}} left out.", {
          count: report.imported,
          skipped: report.skipped.length,
        })}
        hint={report.notes.join(" ") || undefined}
        onClose={onClose}
      />
      {report.skipped.slice(0, 5).map(({ path, reason }) => (
        <Message key={path} level="warning" message={path.split(/[\\/]/).at(-1) ?? path} hint={reason} />
      ))}
    </>
  );
}

function SplitCard() {
  const { t } = useTranslation();
  const summary = useApp((state) => state.summary);
  const split = useWork("split:apply");
  const [test, setTest] = useState(Math.round((summary?.splitOptions?.test ?? 0.2) * 100));
  const [by, setBy] = useState<"recording" | "group">(
    summary?.splitOptions?.by === "group" ? "group" : "recording",
  );
  const share = summary?.split;
  const apply = (): void => {
    const held = test / 100;
    void split.start({ train: 1 - 2 * held, validation: held, test: held, by });
  };
  return (
    <Card title={t("Held back for the test")}>
      <div className="row end">
        <NativeSelect
          label={t("Keep together")}
          value={by}
          onChange={(event) => setBy(event.currentTarget.value === "group" ? "group" : "recording")}
          data={[
            { value: "recording", label: t("each recording") },
            { value: "group", label: t("each group (machine, day)") },
          ]}
        />
        <NumberInput
          label={t("Test share (%)")}
          w={130}
          min={5}
          max={40}
          value={test}
          onChange={(value) => setTest(Math.min(40, Math.max(5, Number(value))))}
        />
        <Button variant={share === null ? "filled" : "default"} loading={split.running} onClick={apply}>
          {share === null ? t("Hold back recordings") : t("Split anew")}
        </Button>
        <p className="grow soft">
          {share === null || share === undefined
            ? t("Whole recordings are set aside, so that the test is on what the model has not seen.")
            : t("{{train}} to learn from, {{validation}} to watch the training, {{test}} held back.", {
                train: share.train.recordings,
                validation: share.validation.recordings,
                test: share.test.recordings,
              })}
        </p>
      </div>
      <ErrorMessage error={split.error} />
      {split.result?.notes.map((note) => (
        <Message key={note} level="warning" message={note} />
      ))}
    </Card>
  );
}

/** Files dropped on the window are imported: by path in Electron, by content in the browser. */
function useDrop(onReport: (report: ImportResult) => void): boolean {
  const client = useEngine();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent): void => {
      event.preventDefault();
      setOver(event.type === "dragover");
    };
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      importDropped(client, [...(event.dataTransfer?.files ?? [])])
        .then(onReport)
        .catch(notifyError);
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onOver);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onOver);
      removeEventListener("drop", onDrop);
    };
  }, [client, onReport]);
  return over;
}

async function importDropped(
  client: ReturnType<typeof useEngine>,
  files: readonly File[],
): Promise<ImportResult> {
  const bridge = hostBridge();
  if (bridge !== null) {
    return client.request("recordings:import", { paths: files.map((file) => bridge.pathOfFile(file)) });
  }
  const all: ImportResult = { imported: 0, skipped: [], recordings: [], notes: [] };
  for (const file of files) {
    try {
      const base64 = await base64Of(file);
      const one = await client.request("recordings:import-content", { name: file.name, base64 });
      all.imported += one.imported;
      all.skipped.push(...one.skipped);
      all.recordings.push(...one.recordings);
      all.notes.push(...one.notes);
    } catch (error) {
      all.skipped.push({ path: file.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return all;
}

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
