/** Step 6 of the process: the model onto the board, stage by stage with proof, then the board's own answers live. */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useKeptWork } from "../app/kept-work.ts";
import { connectedBoard, currentExperiment, stepsInHand, useApp } from "../app/store.ts";
import { JobReportButton } from "../evaluate/job-report.tsx";
import { OutOfDate } from "../widgets/out-of-date.tsx";
import { Empty, ErrorMessage, Message, Page, WorkProgress } from "../widgets/parts.tsx";
import { AloneCard } from "./alone-card.tsx";
import { BoardLogCard } from "./board-log-card.tsx";
import { BoardCard, Proof, StagesCard } from "./deploy-cards.tsx";
import { LivePanel } from "./live-panel.tsx";
import { aloneRequest, useAlone } from "./use-alone.ts";
import { useLive } from "./use-live.ts";

export function DeployPlace() {
  const { t } = useTranslation();
  const board = useApp(connectedBoard);
  const experiment = useApp(currentExperiment);
  const step = useApp((state) => stepsInHand(state)?.deploy ?? "to-do");
  const openBoards = useApp((state) => state.openBoards);
  const deploy = useKeptWork("deployment:run");
  const live = useLive();
  const stages = useApp((state) => state.stages);
  const project = useApp((state) => state.summary?.path ?? "");
  const [alone, setAlone] = useAlone(project);
  const run = async (): Promise<void> => {
    if (board === null || experiment === null) return;
    useApp.setState({ stages: new Map() });
    await live.stop();
    await deploy.start({
      experiment: experiment.id,
      board: board.port,
      ...aloneRequest(alone, experiment.task === "regression" ? [] : experiment.labels),
    });
  };
  const hasModel = board !== null && board.model !== null;
  // The board may carry a model of another project or an older one: only what was written from here counts.
  const isOurs =
    hasModel && (deploy.result === null ? step === "done" : deploy.result.modelHash === board.model?.hash);
  const writeButton = (
    <Button
      size="md"
      variant={isOurs ? "default" : "filled"}
      disabled={experiment === null}
      loading={deploy.running}
      onClick={() => (board === null ? openBoards(true) : void run())}
    >
      {isOurs ? t("Write again") : t("Write to board")}
    </Button>
  );
  const details = board !== null && (
    <div className="grid2">
      <BoardCard board={board} next={experiment?.name ?? null} />
      <StagesCard stages={stages} report={deploy.result} />
    </div>
  );
  return (
    <Page
      title={t("place.deploy")}
      question={t("Is it running on the board, and right in the real world?")}
      action={
        <>
          <span className="why">
            {experiment === null
              ? t("Train and convert a model first.")
              : board === null
                ? t("Connect a board at the top left.")
                : experiment.name}
          </span>
          {experiment !== null && step === "done" && <JobReportButton experiment={experiment} />}
          {writeButton}
          {hasModel && (
            <Button
              size="md"
              variant={isOurs && !live.on ? "filled" : "default"}
              disabled={deploy.running}
              loading={live.starting}
              onClick={() => void (live.on ? live.stop() : live.start())}
            >
              {live.on ? t("Stop live check") : t("Start live check")}
            </Button>
          )}
        </>
      }
    >
      {experiment?.outOfDate === true && <OutOfDate />}
      <ErrorMessage
        error={deploy.error}
        action={
          hasModel ? (
            <p>{t("The board still has “{{name}}”.", { name: board?.model?.name ?? "" })}</p>
          ) : undefined
        }
      />
      {board === null && !deploy.running && (
        <Empty
          text={t(
            "No board connected. Plug one in by USB; it appears at the top left. Or choose the simulated board, which needs no hardware.",
          )}
        >
          <Button onClick={() => openBoards(true)}>{t("Choose a board…")}</Button>
        </Empty>
      )}
      {deploy.running && (
        <WorkProgress
          title={t("Writing to the board")}
          stage={deploy.stage}
          fraction={deploy.fraction}
          startedAt={deploy.startedAt}
          onCancel={deploy.cancel}
        />
      )}
      {hasModel && !isOurs && experiment !== null && !deploy.running && (
        <Message
          level="info"
          message={t("The board runs “{{name}}”, not “{{wanted}}” of this project.", {
            name: board.model?.name ?? "",
            wanted: experiment.name,
          })}
          hint={t(
            "The live answers belong to what is on the board. Write to the board to put this one on it.",
          )}
        />
      )}
      {hasModel && !deploy.running && (live.on || live.answers.length > 0 || live.error !== null) && (
        <LivePanel live={live} />
      )}
      {deploy.result !== null && <Proof report={deploy.result} />}
      {details}
      {board !== null && (
        <div className="grid2">
          {experiment !== null && <AloneCard experiment={experiment} alone={alone} onChange={setAlone} />}
          {hasModel && <BoardLogCard onRead={live.stop} />}
        </div>
      )}
    </Page>
  );
}
