/** Two runs side by side: what they are, how they learnt, and on the same held-back windows whether chance would explain the difference. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo } from "../../src-shared/contract/index.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { fixed, percent } from "../locales/format.ts";
import { Card, ErrorMessage, Message, WorkProgress } from "../widgets/parts.tsx";

/** Differences that chance alone makes more seldom than this count as real. */
const SIGNIFICANT = 0.05;

export function CompareRuns(props: { a: ExperimentInfo; b: ExperimentInfo; onClose: () => void }) {
  const { t } = useTranslation();
  const { a, b } = props;
  const compare = useKeptWork("evaluation:compare", `${a.id} ${b.id}`);
  const report = compare.result;
  const values = a.task === "regression" || b.task === "regression";
  const share = (one: ExperimentInfo, value: number): string =>
    one.task === "regression" ? fixed(value, 3) : percent(value);
  const rows: readonly (readonly [string, (one: ExperimentInfo) => string])[] = [
    [t("Network"), (one) => t(`network.${one.kind}`)],
    [
      t("Sensors"),
      ({ design }) =>
        design.inputs.map(({ sensor, channels }) => `${sensor} (${channels.join(", ")})`).join("; "),
    ],
    [
      t("Features"),
      ({ design }) => design.inputs.map(({ features }) => t(`block.${features.block}`)).join("; "),
    ],
    [t("Window"), ({ design }) => `${design.window.lengthMs} ms / ${design.window.strideMs} ms`],
    [t("Epochs"), ({ training }) => String(training.epochs)],
    [t("Training"), (one) => share(one, one.training.accuracy)],
    [t("Validation"), (one) => share(one, one.validationAccuracy)],
  ];
  return (
    <Card
      title={t("Two experiments side by side")}
      aside={
        <div className="row" style={{ gap: 8 }}>
          {!values && (
            <Button
              size="xs"
              loading={compare.running}
              onClick={() => void compare.start({ a: a.id, b: b.id })}
            >
              {t("Compare on the held-back recordings")}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={props.onClose}>
            {t("Close")}
          </Button>
        </div>
      }
    >
      <ErrorMessage error={compare.error} />
      {compare.running && (
        <WorkProgress
          title={t("Comparing")}
          stage={compare.stage}
          fraction={compare.fraction}
          startedAt={compare.startedAt}
          onCancel={compare.cancel}
        />
      )}
      <table className="list side-by-side">
        <thead>
          <tr>
            <th>
              <span className="visually-hidden">{t("What")}</span>
            </th>
            <th scope="col">{a.name}</th>
            <th scope="col">{b.name}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{of(a)}</td>
              <td>{of(b)}</td>
            </tr>
          ))}
          {report !== null && (
            <tr>
              <th scope="row">{t("Right on {{windows}} windows", { windows: report.windows })}</th>
              <td>
                <b>{percent(report.accuracyA)}</b>
              </td>
              <td>
                <b>{percent(report.accuracyB)}</b>
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {report !== null && (
        <Message
          level={report.pValue < SIGNIFICANT ? "good" : "info"}
          message={
            report.pValue < SIGNIFICANT
              ? t("“{{name}}” is better, and that is hardly chance.", {
                  name: report.accuracyA > report.accuracyB ? a.name : b.name,
                })
              : t("The difference may be chance: take the smaller or the faster one.")
          }
          hint={t(
            "Only the first right: {{onlyA}} windows, only the second: {{onlyB}}, both: {{both}}, neither: {{neither}} (McNemar's test, p = {{p}}).",
            {
              onlyA: report.onlyA,
              onlyB: report.onlyB,
              both: report.bothRight,
              neither: report.bothWrong,
              p: report.pValue < 0.001 ? "0.001" : fixed(report.pValue, 3),
            },
          )}
        />
      )}
    </Card>
  );
}
