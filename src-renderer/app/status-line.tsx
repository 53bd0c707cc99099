/** The line at the bottom: project file, when it was saved, board, rate, lost samples; opens the project's dialog and the log. */
import { ScrollText } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useRecorderSettings } from "../collect/recorder-settings.ts";
import { rateOf, ratesOf } from "../collect/sensor-choice.ts";
import { said } from "../locales/engine-texts.ts";
import { timeOf } from "../locales/format.ts";
import { connectedBoard, useApp } from "./store.ts";

export function StatusLine() {
  const { t } = useTranslation();
  const summary = useApp((state) => state.summary);
  const board = useApp(connectedBoard);
  const line = useApp((state) => state.board);
  const channel = useApp((state) => state.channel);
  const logOpened = useApp((state) => state.logOpened);
  const rates = useRecorderSettings((settings) => settings.rates);
  const recordings = useApp((state) => state.recordings);
  const others = useMemo(() => ratesOf(recordings), [recordings]);
  if (summary === null) return null;
  const sensor = board?.sensors[0];
  const counters = line.kind === "connected" ? line.counters : null;
  const lost = (counters?.samplesDropped ?? 0) + (counters?.framesLost ?? 0);
  return (
    <footer className="status">
      <button
        type="button"
        className="status-button path"
        title={t("About the project file: copies of earlier days, check, report")}
        aria-label={t("Project file {{path}}", { path: summary.path })}
        onClick={() => useApp.setState({ projectDialog: { path: summary.path } })}
      >
        {summary.path}
      </button>
      <span>{t("Saved {{time}}", { time: timeOf(summary.savedAt) })}</span>
      {channel === "lost" && <b className="warn-text">{t("The engine cannot be reached. Trying again…")}</b>}
      <span className="end">
        {line.kind === "reconnecting" ? (
          <b className="warn-text" role="status">
            {t("Reconnecting to {{port}}, attempt {{attempt}}…", line)}
          </b>
        ) : board === null ? (
          t("No board")
        ) : (
          `${said(board.name)} (${board.port})`
        )}
      </span>
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
      <button
        type="button"
        className="status-button"
        aria-expanded={logOpened}
        aria-keyshortcuts="Control+l"
        title={t("Log (Ctrl+L)")}
        onClick={() => useApp.setState({ logOpened: !logOpened })}
      >
        <ScrollText size={13} aria-hidden /> {t("Log")}
      </button>
    </footer>
  );
}
