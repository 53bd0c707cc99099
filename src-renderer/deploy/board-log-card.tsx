/** What a board that ran by itself has seen: windows of each state, and when its state changed. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoardLog } from "../../src-shared/contract/index.ts";
import { useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { dateAndTimeOf, fixed, percent } from "../locales/format.ts";
import { Card, ClassChip, ErrorMessage, useLabels, WorkProgress } from "../widgets/parts.tsx";
import { ScrollX } from "../widgets/scroll-x.tsx";
import { UNKNOWN } from "./live-answers.ts";

const FIRST = 12;

export function BoardLogCard({ onRead }: { onRead: () => Promise<void> }) {
  const { t } = useTranslation();
  const read = useWork("boards:read-log");
  const [asking, setAsking] = useState(false);
  const log = read.result;
  const start = async (clear: boolean): Promise<void> => {
    setAsking(false);
    await onRead();
    const done = await read.start({ clear });
    if (done !== null && clear)
      useApp.getState().notify({
        level: "info",
        message: t("The board's log was read and emptied."),
      });
  };
  return (
    <Card
      title={t("What it has seen by itself")}
      aside={
        <div className="row" style={{ gap: 8 }}>
          {log !== null &&
            (asking ? (
              <>
                <span className="small">{t("What is shown stays only in this window.")}</span>
                <Button size="xs" onClick={() => void start(true)}>
                  {t("Empty it")}
                </Button>
                <Button size="xs" variant="default" onClick={() => setAsking(false)}>
                  {t("Cancel")}
                </Button>
              </>
            ) : (
              <Button size="xs" variant="default" onClick={() => setAsking(true)}>
                {t("Empty the board's log…")}
              </Button>
            ))}
          <Button variant="default" size="xs" loading={read.running} onClick={() => void start(false)}>
            {log === null ? t("Read the board's log") : t("Read again")}
          </Button>
        </div>
      }
    >
      <ErrorMessage error={read.error} />
      {read.running && (
        <WorkProgress
          title={t("Reading the log")}
          stage={read.stage}
          fraction={read.fraction}
          startedAt={read.startedAt}
          onCancel={read.cancel}
        />
      )}
      {log === null ? (
        <p className="soft">
          {t(
            "A board notes each change of state in its own memory, also while no computer is near, and through power cuts.",
          )}
        </p>
      ) : (
        <Seen log={log} />
      )}
    </Card>
  );
}

function Seen({ log }: { log: BoardLog }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const [all, setAll] = useState(false);
  const windows = Object.values(log.totals).reduce((sum, count) => sum + count, 0);
  const totals = Object.entries(log.totals).sort(([a], [b]) => labels.indexOf(a) - labels.indexOf(b));
  const newest = [...log.events].reverse();
  const shown = all ? newest : newest.slice(0, FIRST);
  return (
    <>
      <p>
        {t("{{windows}} windows in {{time}} of running, {{boots}} starts.", {
          windows,
          time: clock(log.since),
          boots: log.boots,
        })}
      </p>
      <ul className="above">
        {totals.map(([label, count]) => (
          <li key={label}>
            <ClassChip label={label === UNKNOWN ? t("unknown") : label} />
            <span className="bar" aria-hidden>
              <i style={{ width: `${windows === 0 ? 0 : (count / windows) * 100}%` }} />
            </span>
            <span className="num">{count}</span>
            <span className="soft small">{windows === 0 ? "" : percent(count / windows)}</span>
          </li>
        ))}
      </ul>
      {newest.length > 0 && (
        <ScrollX name={t("What it has seen by itself")}>
          <table className="list">
            <thead>
              <tr>
                <th>{t("After")}</th>
                <th>{t("When")}</th>
                <th>{t("State")}</th>
                <th className="num">{t("Score")}</th>
                <th className="num">{t("Start")}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event) => (
                <tr key={`${event.boot} ${event.time} ${event.label}`}>
                  <td>{clock(event.time)}</td>
                  <td>{event.at === undefined ? "–" : dateAndTimeOf(event.at)}</td>
                  <td>
                    <ClassChip label={event.label === UNKNOWN ? t("unknown") : event.label} />
                  </td>
                  <td className="num">{fixed(event.score, 2)}</td>
                  <td className="num">{event.boot}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      {newest.length > FIRST && !all && (
        <Button variant="default" size="xs" style={{ alignSelf: "start" }} onClick={() => setAll(true)}>
          {t("Show {{count}} more", { count: newest.length - FIRST })}
        </Button>
      )}
      {log.eventsLost > 0 && (
        <p className="soft small">
          {t("{{count}} older events were replaced by newer ones.", { count: log.eventsLost })}
        </p>
      )}
    </>
  );
}

/** Hours, minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}
