/** The test by groups (machine, day, session) and by whole recordings, the worst first; a recording opens. */
import { Button } from "@mantine/core";
import { Check, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { percent } from "../locales/format.ts";
import { Card, ClassChip } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { ScrollX } from "../widgets/scroll-x.tsx";

const FIRST = 8;

/** 92–100 %, whole figures: an interval is no exact thing. */
export const range = ([low, high]: readonly [number, number]): string =>
  `${Math.round(low * 100)}–${Math.round(high * 100)} %`;

export function Breakdown({ report }: { report: EvaluationReport }) {
  const groups = report.groups.length > 0;
  if (!groups && report.perRecording.length === 0) return null;
  return (
    <div className={groups ? "breakdown" : "stack"}>
      {groups && <Groups report={report} />}
      {report.perRecording.length > 0 && <Recordings report={report} />}
    </div>
  );
}

function Groups({ report }: { report: EvaluationReport }) {
  const { t } = useTranslation();
  return (
    <Card title={t("Each group (machine, day, session)")}>
      <ScrollX name={t("Each group (machine, day, session)")}>
        <table className="list">
          <thead>
            <tr>
              <th>{t("Group")}</th>
              <th className="num">{t("Recordings")}</th>
              <th className="num">{t("Windows")}</th>
              <th className="num">{t("Right")}</th>
              <th className="num">{t("likely")}</th>
            </tr>
          </thead>
          <tbody>
            {report.groups.map((one) => (
              <tr key={one.group}>
                <th scope="row">{one.group}</th>
                <td className="num">{one.recordings}</td>
                <td className="num">{one.windows}</td>
                <td className="num">
                  <b>{percent(one.accuracy)}</b>
                </td>
                <td className="num soft">{range(one.accuracyInterval)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
      {report.groups.length === 1 && (
        <p className="soft small">
          {t("All held-back recordings are of one group: how it does on others is not known yet.")}
        </p>
      )}
    </Card>
  );
}

function Recordings({ report }: { report: EvaluationReport }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState<Shown | null>(null);
  const [all, setAll] = useState(false);
  const rows = all ? report.perRecording.slice(0, 500) : report.perRecording.slice(0, FIRST);
  return (
    <Card title={t("Each recording as a whole ({{count}})", { count: report.perRecording.length })}>
      <ScrollX name={t("Recordings")}>
        <table className="list">
          <thead>
            <tr>
              <th>{t("Recording")}</th>
              <th>{t("Was")}</th>
              <th>{t("Called")}</th>
              <th className="num">{t("Windows right")}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => {
              const right = one.predicted === one.label;
              return (
                <tr key={one.recording}>
                  <td>
                    <button
                      type="button"
                      className="linklike"
                      onClick={() => setShown({ id: one.recording })}
                    >
                      {one.name}
                    </button>
                  </td>
                  <td>
                    <ClassChip label={one.label} />
                  </td>
                  <td>
                    <span className="called" data-right={right}>
                      {right ? <Check size={15} aria-hidden /> : <X size={15} aria-hidden />}
                      {right ? t("the same") : <ClassChip label={one.predicted} />}
                      <span className="soft small">{percent(one.score)}</span>
                    </span>
                  </td>
                  <td className="num">
                    {t("{{right}} of {{count}}", {
                      right: Math.round(one.accuracy * one.windows),
                      count: one.windows,
                    })}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </ScrollX>
      {!all && report.perRecording.length > FIRST && (
        <Button variant="default" style={{ alignSelf: "start" }} onClick={() => setAll(true)}>
          {t("Show {{count}} more", { count: report.perRecording.length - FIRST })}
        </Button>
      )}
      <RecordingDialog
        shown={shown}
        onShow={setShown}
        order={report.perRecording.map(({ recording }) => recording)}
      />
    </Card>
  );
}
