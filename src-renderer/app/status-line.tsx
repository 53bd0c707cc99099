/** The line at the bottom: project file, when it was saved, board, rate, lost samples. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useRecorderSettings } from "../collect/recorder-settings.ts";
import { rateOf, ratesOf } from "../collect/sensor-choice.ts";
import { connectedBoard, useApp } from "./store.ts";

export function StatusLine() {
  const { t } = useTranslation();
  const summary = useApp((state) => state.summary);
  const board = useApp(connectedBoard);
  const counters = useApp((state) => (state.board.kind === "connected" ? state.board.counters : null));
  const channel = useApp((state) => state.channel);
  const rates = useRecorderSettings((settings) => settings.rates);
  const recordings = useApp((state) => state.recordings);
  const others = useMemo(() => ratesOf(recordings), [recordings]);
  if (summary === null) return null;
  const sensor = board?.sensors[0];
  const lost = (counters?.samplesDropped ?? 0) + (counters?.framesLost ?? 0);
  return (
    <footer className="status">
      <span className="path" title={summary.path}>
        {summary.path}
      </span>
      <span>{t("Saved {{time}}", { time: new Date(summary.savedAt).toLocaleTimeString() })}</span>
      {channel === "lost" && <b role="alert">{t("The engine cannot be reached. Trying again…")}</b>}
      <span className="end">{board === null ? t("No board") : `${board.name} (${board.port})`}</span>
      {sensor !== undefined && (
        <span>
          {sensor.kind} {rateOf(sensor, rates, others)} Hz
        </span>
      )}
      {board !== null && (
        <span style={{ color: lost > 0 ? "var(--signal)" : "var(--good)", fontWeight: 600 }}>
          {t("{{lost}} lost", { lost })}
        </span>
      )}
    </footer>
  );
}
