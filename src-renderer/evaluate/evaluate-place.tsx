/** Step 7 of the process: the held-back test set on float, int8 or the board; its result, thresholds, and what to improve. */
import { Button, NativeSelect, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport, ExperimentInfo } from "../../src-shared/contract/index.ts";
import { useAnswer } from "../app/engine-context.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { connectedBoard, currentExperiment, useApp } from "../app/store.ts";
import { dateAndTimeOf } from "../locales/format.ts";
import { NeedExperiment } from "../widgets/need-experiment.tsx";
import { OutOfDate } from "../widgets/out-of-date.tsx";
import { Empty, ErrorMessage, Message, Page, WorkProgress } from "../widgets/parts.tsx";
import { ImproveView } from "./improve-view.tsx";
import { JobReportButton } from "./job-report.tsx";
import { ResultView } from "./result-view.tsx";
import { ThresholdsView } from "./thresholds-view.tsx";

type Engine = EvaluationReport["engine"];
type View = "result" | "thresholds" | "improve";

const QUESTION = "Can I trust it, and where is it wrong?";

export function EvaluatePlace() {
  const { t } = useTranslation();
  const experiment = useApp(currentExperiment);
  if (experiment === null)
    return (
      <NeedExperiment
        title={t("place.evaluate")}
        question={t(QUESTION)}
        text={t("No test yet. Train a model first. Recordings used for training do not count here.")}
      />
    );
  return <Evaluate key={experiment.id} experiment={experiment} />;
}

function Evaluate({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const board = useApp(connectedBoard);
  const go = useApp((state) => state.go);
  const evaluate = useKeptWork("evaluation:run", experiment.id);
  const kept = useAnswer("evaluation:get-last", { experiment: experiment.id, split: "test" });
  const [chosen, setChosen] = useState<Engine | null>(null);
  const [view, setView] = useState<View>("result");
  const report = evaluate.result ?? (evaluate.running ? null : (kept.answer?.report ?? null));
  const engine = chosen ?? report?.engine ?? "int8";
  const old = evaluate.result === null ? kept.answer : null;
  const classes = experiment.task === "classification";
  const run = (): void => {
    setView("result");
    void evaluate.start({
      experiment: experiment.id,
      engine,
      split: "test",
      ...(engine === "board" && board !== null ? { board: board.port } : {}),
    });
  };
  return (
    <Page
      title={t("place.evaluate")}
      question={t(QUESTION)}
      aside={
        <NativeSelect
          label={t("Test on")}
          value={engine}
          onChange={(event) => setChosen(event.currentTarget.value as Engine)}
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
          {report !== null && <JobReportButton experiment={experiment} />}
          <Button
            size="md"
            variant={report === null ? "filled" : "default"}
            loading={evaluate.running}
            onClick={run}
          >
            {report === null ? t("Test on held-back recordings") : t("Test again")}
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
      {!evaluate.running && (
        <div className="row">
          <SegmentedControl
            aria-label={t("What to look at")}
            value={view}
            onChange={(value) => setView(value as View)}
            data={[
              { value: "result", label: t("Result") },
              ...(classes ? [{ value: "thresholds", label: t("Thresholds") }] : []),
              { value: "improve", label: t("How to improve it") },
            ]}
          />
          <span className="grow" />
          {view === "result" && old !== null && (
            <span className="soft small">
              {t("Tested {{when}}, on {{engine}}.", {
                when: dateAndTimeOf(old.at),
                engine: t(`engine.${old.report.engine}`),
              })}
            </span>
          )}
        </div>
      )}
      {view === "result" && !evaluate.running && (
        <>
          {old?.outOfDate === true && !experiment.outOfDate && (
            <Message
              level="warning"
              message={t("Recordings, labels or the split have changed since this test.")}
              hint={t("Test again to see what that means. It takes a few seconds.")}
            />
          )}
          {report === null ? (
            !kept.asking && (
              <Empty
                text={t(
                  "Not tested yet. The test uses only recordings that the model has never seen: it counts right answers, says how sure that is, and shows where it was wrong, worst first.",
                )}
              />
            )
          ) : (
            <ResultView report={report} windowMs={experiment.design.window.lengthMs} />
          )}
        </>
      )}
      {view === "thresholds" && <ThresholdsView experiment={experiment} />}
      {view === "improve" && <ImproveView experiment={experiment} />}
    </Page>
  );
}
