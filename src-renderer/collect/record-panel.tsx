/** The recorder: live signal, settings of a recording, the plan, and what is going on while one is made. */
import { Button } from "@mantine/core";
import { Usb } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { connectedBoard, useApp } from "../app/store.ts";
import { LiveTrace } from "../widgets/live-trace.tsx";
import { ErrorMessage, useLabels } from "../widgets/parts.tsx";
import { PlanCard } from "./plan-card.tsx";
import { RecordSettings } from "./record-settings.tsx";
import { useRecorderSettings } from "./recorder-settings.ts";
import { RecordingNow } from "./recording-now.tsx";
import type { Recorder } from "./use-recorder.ts";

export function RecordPanel({ recorder, warning }: { recorder: Recorder; warning: ReactNode }) {
  const { t } = useTranslation();
  const board = useApp(connectedBoard);
  const state = useApp((app) => app.board.kind);
  const openBoards = useApp((app) => app.openBoards);
  // What the engine says: while it waits for a level, nothing is recorded yet.
  const recording = useApp((app) => app.recording.kind);
  const labels = useLabels();
  const { mode, start, level, levelSensor } = useRecorderSettings();
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
    <section
      className="card"
      aria-label={t("Recorder")}
      data-recording={recorder.phase.kind === "recording" && recording !== "armed"}
    >
      {recorder.phase.kind === "idle" ? (
        <>
          <RecordSettings board={board} />
          {mode === "plan" && <PlanCard recorder={recorder} labels={labels} />}
        </>
      ) : (
        <RecordingNow recorder={recorder} phase={recorder.phase} />
      )}
      <ErrorMessage error={recorder.error} />
      {warning}
      <LiveTrace
        recording={recording === "recording"}
        threshold={start === "level" && level !== null ? { sensor: levelSensor, level } : undefined}
      />
    </section>
  );
}
