/** The result of a test: verdict, confusion matrix, each class, each recording and group, anomaly score, mistakes. */
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { fixed, percent } from "../locales/format.ts";
import { Card, ClassChip, Message, useLabels } from "../widgets/parts.tsx";
import { ScrollX } from "../widgets/scroll-x.tsx";
import { AnomalyCard } from "./anomaly-card.tsx";
import { Breakdown, range } from "./breakdown.tsx";
import { ConfusionMatrix } from "./confusion-matrix.tsx";
import { Mistakes } from "./mistakes.tsx";
import { Verdict } from "./verdict.tsx";

export function ResultView({ report, windowMs }: { report: EvaluationReport; windowMs: number }) {
  const { t } = useTranslation();
  const warnings = report.warnings.map((warning) => (
    <Message key={warning} level="warning" message={warning} />
  ));
  if (report.regression !== undefined) {
    return (
      <>
        <Message
          level="info"
          message={t("Mean error {{mae}}, root mean square error {{rmse}}, R² {{r2}}", {
            mae: report.regression.mae.toPrecision(3),
            rmse: report.regression.rmse.toPrecision(3),
            r2: fixed(report.regression.r2, 3),
          })}
          hint={t("On {{windows}} windows of recordings that were held back.", { windows: report.windows })}
        />
        {warnings}
        <Mistakes report={report} windowMs={windowMs} />
      </>
    );
  }
  return (
    <>
      <Verdict report={report} />
      {warnings}
      <div className="evaluation" data-many={report.confusion.labels.length > 3}>
        <Card title={t("Held-back windows ({{count}})", { count: report.windows })}>
          <ConfusionMatrix {...report.confusion} />
        </Card>
        <Classes report={report} />
      </div>
      {report.anomaly !== undefined && <AnomalyCard anomaly={report.anomaly} />}
      <Mistakes report={report} windowMs={windowMs} />
      <Breakdown report={report} />
    </>
  );
}

function Classes({ report }: { report: EvaluationReport }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const order = (a: string, b: string): number => labels.indexOf(a) - labels.indexOf(b);
  return (
    <Card title={t("Each class")}>
      <ScrollX name={t("Each class")}>
        <table className="list">
          <thead>
            <tr>
              <th>{t("Class")}</th>
              <th className="num" title={t("Of those called so, how many were")}>
                {t("Precision")}
              </th>
              <th className="num" title={t("Of those that were, how many were called so")}>
                {t("Recall")}
              </th>
              <th className="num" title={t("Precision and recall in one figure")}>
                F1
              </th>
              <th
                className="num"
                title={t(
                  "Area under the ROC curve: 1 separates the class from all others at some threshold, 0.5 is chance",
                )}
              >
                AUC
              </th>
              <th className="num">{t("Windows")}</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(report.perClass)
              .sort(([a], [b]) => order(a, b))
              .map(([label, one]) => (
                <tr key={label}>
                  <td>
                    <ClassChip label={label} />
                  </td>
                  <td className="num">{percent(one.precision)}</td>
                  <td className="num">
                    {percent(one.recall)}
                    <small
                      className="likely"
                      title={t("Where the recall of new recordings of this kind likely lies (95 %)")}
                    >
                      {range(one.recallInterval)}
                    </small>
                  </td>
                  <td className="num">{fixed(one.f1, 3)}</td>
                  <td className="num">{one.auc === null ? "–" : fixed(one.auc, 3)}</td>
                  <td className="num">{one.support}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </ScrollX>
    </Card>
  );
}
