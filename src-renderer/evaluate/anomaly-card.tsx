/** How well the anomaly score parts what was recorded from what was not. */
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { fixed, percent } from "../locales/format.ts";
import { Card, ClassChip } from "../widgets/parts.tsx";

export function AnomalyCard({ anomaly }: { anomaly: NonNullable<EvaluationReport["anomaly"]> }) {
  const { t } = useTranslation();
  const share = (value: number | null): string => (value === null ? "–" : percent(value));
  return (
    <Card title={t("Anomaly score: like none of what was recorded")}>
      <dl className="tiles">
        <div>
          <dt>{t("Anomalies found")}</dt>
          <dd>{share(anomaly.detected)}</dd>
        </div>
        <div>
          <dt>{t("False alarms")}</dt>
          <dd>{share(anomaly.falseAlarms)}</dd>
        </div>
        <div>
          <dt>{t("Area under the ROC curve")}</dt>
          <dd>{anomaly.auc === null ? "–" : fixed(anomaly.auc, 3)}</dd>
        </div>
        <div>
          <dt>{t("Threshold")}</dt>
          <dd>{fixed(anomaly.threshold, 2)}</dd>
        </div>
      </dl>
      <ul className="above">
        {anomaly.labels.map((one) => (
          <li key={one.label}>
            <ClassChip label={one.label} />
            <span className="bar" aria-hidden data-tone={one.normal ? "normal" : "anomalous"}>
              <i style={{ width: `${one.above * 100}%` }} />
            </span>
            <span className="num" title={t("Windows above the threshold")}>
              {percent(one.above)}
            </span>
            <span className="tag">{one.normal ? t("normal") : t("anomalous")}</span>
          </li>
        ))}
      </ul>
      {anomaly.auc === null && (
        <p className="soft small">
          {t(
            "There are no held-back windows of a state that was not learnt: record one to see whether it is found.",
          )}
        </p>
      )}
      {anomaly.normalFrom === "validation" && (
        <p className="soft small">
          {t("The held-back side has no normal windows; those of validation stand in for them.")}
        </p>
      )}
    </Card>
  );
}
