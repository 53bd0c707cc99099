/** Step 7 of the process: the held-back test set on float, int8 or the board; matrix, and the worst mistakes to relabel. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { useWork } from "../app/engine-context.ts";
import { connectedBoard, currentExperiment, useApp } from "../app/store.ts";
import { NeedExperiment } from "../widgets/need-experiment.tsx";
import { OutOfDate } from "../widgets/out-of-date.tsx";
import {
  Card,
  ClassChip,
  Empty,
  ErrorMessage,
  Message,
  Page,
  percent,
  useLabels,
  WorkProgress,
} from "../widgets/parts.tsx";
import { ConfusionMatrix } from "./confusion-matrix.tsx";
import { Mistakes } from "./mistakes.tsx";
import { Verdict } from "./verdict.tsx";

type Engine = EvaluationReport["engine"];

export function EvaluatePlace() {
  const { t } = useTranslation();
  const experiment = useApp(currentExperiment);
  const board = useApp(connectedBoard);
  const go = useApp((state) => state.go);
  const evaluate = useWork("evaluation:run");
  // Also by the command line, or before the project was closed.
  const tested = useApp(({ summary }) => summary?.steps.evaluate === "done");
  const [engine, setEngine] = useState<Engine>("int8");
  const question = t("Can I trust it, and where is it wrong?");
  if (experiment === null)
    return (
      <NeedExperiment
        title={t("place.evaluate")}
        question={question}
        text={t("No test yet. Train a model first. Recordings used for training do not count here.")}
      />
    );
  const run = (): void => {
    void evaluate.start({
      experiment: experiment.id,
      engine,
      split: "test",
      ...(engine === "board" && board !== null ? { board: board.port } : {}),
    });
  };
  const report = evaluate.result;
  return (
    <Page
      title={t("place.evaluate")}
      question={question}
      aside={
        <NativeSelect
          label={t("Test on")}
          value={engine}
          onChange={(event) => setEngine(event.currentTarget.value as Engine)}
          data={[
            { value: "float", label: t("the original (float)") },
            { value: "int8", label: t("the converted model (int8)") },
            { value: "board", label: t("the board itself"), disabled: board === null },
          ]}
        />
      }
      action={
        <>
          <span className="why">{experiment.name}</span>
          <Button
            size="md"
            variant={report === null ? "filled" : "default"}
            loading={evaluate.running}
            onClick={run}
          >
            {t("Test on held-back recordings")}
          </Button>
          {report !== null && (
            <Button size="md" onClick={() => go("deploy")}>
              {t("Go on to the board")}
            </Button>
          )}
        </>
      }
    >
      <ErrorMessage error={evaluate.error} />
      {experiment.outOfDate && <OutOfDate />}
      {evaluate.running && (
        <WorkProgress
          title={t("Testing")}
          stage={evaluate.stage}
          fraction={evaluate.fraction}
          startedAt={evaluate.startedAt}
          onCancel={evaluate.cancel}
        />
      )}
      {report === null && !evaluate.running && (
        <Empty
          text={t(
            tested
              ? "Tested before. The report is not kept with the project: test again to see it. It takes a few seconds."
              : "Not tested yet. The test uses only recordings that the model has never seen: it counts right answers, says how sure that is, and shows where it was wrong, worst first.",
          )}
        />
      )}
      {report !== null && <Report report={report} windowMs={experiment.design.window.lengthMs} />}
    </Page>
  );
}

function Report({ report, windowMs }: { report: EvaluationReport; windowMs: number }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const order = (a: string, b: string): number => labels.indexOf(a) - labels.indexOf(b);
  if (report.regression !== undefined) {
    return (
      <>
        <Message
          level="info"
          message={t("Mean error {{mae}}, root mean square error {{rmse}}, R² {{r2}}", {
            mae: report.regression.mae.toPrecision(3),
            rmse: report.regression.rmse.toPrecision(3),
            r2: report.regression.r2.toFixed(3),
          })}
          hint={t("On {{windows}} windows of recordings that were held back.", { windows: report.windows })}
        />
        <Mistakes report={report} windowMs={windowMs} />
      </>
    );
  }
  return (
    <>
      <Verdict report={report} />
      <div className="evaluation" data-many={report.confusion.labels.length > 4}>
        <Card title={t("Held-back windows ({{count}})", { count: report.windows })}>
          <ConfusionMatrix {...report.confusion} />
        </Card>
        <Card title={t("Each class")}>
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
                <th className="num">F1</th>
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
                    <td className="num">{percent(one.recall)}</td>
                    <td className="num">{one.f1.toFixed(3)}</td>
                    <td className="num">{one.support}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </Card>
      </div>
      <Mistakes report={report} windowMs={windowMs} />
    </>
  );
}
