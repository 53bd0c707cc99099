/** Step 7 of the process: the held-back test set on float, int8 or the board; matrix, and the worst mistakes to relabel. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { useWork } from "../app/engine-context.ts";
import { connectedBoard, currentExperiment, useApp } from "../app/store.ts";
import { NeedExperiment } from "../widgets/need-experiment.tsx";
import { Card, ClassChip, ErrorMessage, Message, Page, percent, WorkProgress } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { ConfusionMatrix } from "./confusion-matrix.tsx";

type Engine = EvaluationReport["engine"];

export function EvaluatePlace() {
  const { t } = useTranslation();
  const experiment = useApp(currentExperiment);
  const board = useApp(connectedBoard);
  const go = useApp((state) => state.go);
  const evaluate = useWork("evaluation:run");
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
        <Card title={t("Not tested yet")}>
          <p>
            {t(
              "The test uses only recordings that the model has never seen. It counts right answers and shows where it was wrong, worst first.",
            )}
          </p>
        </Card>
      )}
      {report !== null && <Report report={report} windowMs={experiment.design.window.lengthMs} />}
    </Page>
  );
}

function Report({ report, windowMs }: { report: EvaluationReport; windowMs: number }) {
  const { t } = useTranslation();
  const pass = useApp((state) => state.summary?.goal.accuracy ?? 0.9);
  const [shown, setShown] = useState<Shown | null>(null);
  const [low, high] = report.accuracyInterval;
  return (
    <>
      {report.regression === undefined ? (
        <Message
          level={report.accuracy >= pass ? "good" : "warning"}
          message={t("{{right}} of {{windows}} right ({{accuracy}}), likely between {{low}} and {{high}}.", {
            right: Math.round(report.accuracy * report.windows),
            windows: report.windows,
            accuracy: percent(report.accuracy),
            low: percent(low),
            high: percent(high),
          })}
          hint={`${report.accuracy >= pass ? t("This meets the goal of {{goal}}.", { goal: percent(pass) }) : t("The goal is {{goal}}.", { goal: percent(pass) })} ${t("Whole recordings: {{accuracy}} of {{count}} right.", { accuracy: percent(report.recordings.accuracy), count: report.recordings.count })}`}
        />
      ) : (
        <Message
          level="info"
          message={t("Mean error {{mae}}, root mean square error {{rmse}}, R² {{r2}}", {
            mae: report.regression.mae.toPrecision(3),
            rmse: report.regression.rmse.toPrecision(3),
            r2: report.regression.r2.toFixed(3),
          })}
        />
      )}
      {report.regression === undefined && (
        <div className="grid2">
          <Card title={t("Held-back windows ({{count}})", { count: report.windows })}>
            <ConfusionMatrix {...report.confusion} />
          </Card>
          <Card title={t("Each class")}>
            <table className="list">
              <thead>
                <tr>
                  <th>{t("Class")}</th>
                  <th className="num">{t("Precision")}</th>
                  <th className="num">{t("Recall")}</th>
                  <th className="num">F1</th>
                  <th className="num">{t("Windows")}</th>
                </tr>
              </thead>
              <tbody>
                {Object.entries(report.perClass).map(([label, one]) => (
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
      )}
      <Card title={t("Mistakes, worst first ({{count}})", { count: report.mistakes.length })}>
        {report.mistakes.length === 0 ? (
          <p className="soft">{t("None.")}</p>
        ) : (
          <table className="list">
            <thead>
              <tr>
                <th>{t("Recording")}</th>
                <th className="num">{t("At")}</th>
                <th>{t("Was")}</th>
                <th>{t("Called")}</th>
                <th className="num">{t("Score")}</th>
              </tr>
            </thead>
            <tbody>
              {report.mistakes.slice(0, 50).map((one) => (
                <tr key={`${one.recording}-${one.startMs}`}>
                  <td>
                    <button
                      type="button"
                      className="linklike"
                      onClick={() =>
                        setShown({
                          id: one.recording,
                          mark: { fromMs: one.startMs, toMs: one.startMs + windowMs },
                        })
                      }
                    >
                      {one.recordingName}
                    </button>
                  </td>
                  <td className="num">{(one.startMs / 1000).toFixed(1)} s</td>
                  <td>{one.label}</td>
                  <td>{one.predicted}</td>
                  <td className="num">{percent(one.score)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Card>
      <RecordingDialog shown={shown} onShow={setShown} />
    </>
  );
}
