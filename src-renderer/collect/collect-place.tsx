/** Step 2: recordings of every class, from the board or from files; what is held back for the test. */
import { Button, SegmentedControl } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "../app/store.ts";
import { duration } from "../locales/format.ts";
import { Card, Empty, Page, useLabels, WorkProgress } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { ClassRows } from "./class-rows.tsx";
import { type ListFilter, NO_FILTER } from "./list-filter.ts";
import { RecordPanel } from "./record-panel.tsx";
import { RecordingList } from "./recording-list.tsx";
import { RoomLeft, RoomWarning, useRecordingRoom } from "./recording-room.tsx";
import { SplitCard } from "./split-card.tsx";
import { TransferMenu } from "./transfer-menu.tsx";
import { TransferReport } from "./transfer-report.tsx";
import { type Recorder, useRecorder } from "./use-recorder.ts";
import { useTransfer } from "./use-transfer.ts";

const WORKING = {
  files: "Importing",
  project: "Adding recordings of another project",
  export: "Writing recordings",
} as const;

export function CollectPlace() {
  const { t } = useTranslation();
  const { summary, recordings, go } = useApp();
  const labels = useLabels();
  const recorder = useRecorder();
  const transfer = useTransfer();
  const room = useRecordingRoom();
  const [view, setView] = useState<"classes" | "list">("classes");
  const [filter, setFilter] = useState<ListFilter>(NO_FILTER);
  const [shown, setShown] = useState<Shown | null>(null);
  const [order, setOrder] = useState<readonly number[]>();
  useRecordKeys(labels, recorder, shown === null);
  const ready = (summary?.labels.length ?? 0) >= 2;
  const open = (id: number, among?: readonly number[]): void => {
    const label = recordings.find((one) => one.id === id)?.label;
    setOrder(among ?? recordings.filter((one) => one.label === label).map((one) => one.id));
    setShown({ id });
  };
  return (
    <Page
      title={t("place.collect")}
      question={t("Do I have enough good recordings of every class?")}
      aside={<TransferMenu transfer={transfer} />}
      action={
        <>
          <span className="why">
            {t("recordings", { count: recordings.length })}, {duration(summary?.seconds ?? 0)}
            <RoomLeft room={room.room} />
          </span>
          <Button size="md" variant={ready ? "filled" : "default"} onClick={() => go("design")}>
            {t("Go on to the design")}
          </Button>
        </>
      }
    >
      {transfer.dropping && <div className="drop">{t("Drop recordings to import them")}</div>}
      {transfer.running !== null && (
        <WorkProgress
          title={t(WORKING[transfer.running.what])}
          stage={transfer.running.stage}
          fraction={transfer.running.fraction}
          startedAt={transfer.running.startedAt}
          onCancel={transfer.running.cancel}
        />
      )}
      {transfer.report !== null && <TransferReport report={transfer.report} onClose={transfer.clear} />}
      <RecordPanel recorder={recorder} warning={<RoomWarning {...room} />} />
      <Card
        title={t("Recordings")}
        aside={
          recordings.length > 0 && (
            <SegmentedControl
              size="xs"
              value={view}
              onChange={(value) => setView(value === "list" ? "list" : "classes")}
              data={[
                { value: "classes", label: t("By class") },
                { value: "list", label: t("As a list") },
              ]}
            />
          )
        }
      >
        {labels.length === 0 && recordings.length === 0 ? (
          <Empty
            text={t(
              "No recordings and no classes yet. Name the classes in the goal, or drop WAV and CSV files here: the class is the file's name up to its first dot.",
            )}
          >
            <Button variant="default" onClick={() => go("goal")}>
              {t("Go to {{place}}", { place: t("place.goal") })}
            </Button>
          </Empty>
        ) : view === "classes" || recordings.length === 0 ? (
          <>
            {recordings.length === 0 && (
              <p className="soft">
                {t(
                  "No recordings yet. Press a red button and let the machine run for 5 seconds. Aim for 20 recordings of each class, taken on more than one day. Or drop WAV and CSV files here.",
                )}
              </p>
            )}
            <ClassRows
              labels={labels}
              recordings={recordings}
              recorder={recorder}
              onOpen={open}
              onMore={(label) => {
                setFilter({ ...NO_FILTER, label });
                setView("list");
              }}
            />
          </>
        ) : (
          <RecordingList recordings={recordings} filter={filter} onFilter={setFilter} onOpen={open} />
        )}
      </Card>
      {recordings.length > 0 && <SplitCard />}
      <RecordingDialog shown={shown} onShow={setShown} order={order} />
    </Page>
  );
}

/** R records the class that is shortest of recordings, 1 to 9 that class; while one is made, R ends it, and goes on with a plan that waits; Escape cancels what has not begun. */
function useRecordKeys(labels: readonly string[], recorder: Recorder, enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof HTMLElement ? event.target : null;
      if (target?.matches("input, textarea, select") || target?.closest("[role=dialog]")) return;
      if (event.key === "r" || event.key === "R") {
        event.preventDefault();
        if (recorder.phase.kind === "recording") recorder.stop();
        else if (recorder.phase.kind === "waiting") recorder.goOn();
        else recorder.record(shortest(labels));
      }
      const begun = useApp.getState().recording.kind === "recording";
      if (event.key === "Escape" && recorder.phase.kind !== "idle" && !begun) recorder.discard();
      const label = /^[1-9]$/.test(event.key) ? labels[Number(event.key) - 1] : undefined;
      if (label !== undefined && recorder.phase.kind === "idle") recorder.record(label);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [labels, recorder, enabled]);
}

/** The class with the fewest recordings. */
function shortest(labels: readonly string[]): string {
  const counts = new Map(useApp.getState().summary?.labels.map((one) => [one.label, one.recordings]));
  return [...labels].sort((a, b) => (counts.get(a) ?? 0) - (counts.get(b) ?? 0))[0] ?? "";
}
