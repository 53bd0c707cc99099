/** Step 6 of the process: the model onto the board, stage by stage with proof, then the board's own answers live. */
import { Button } from "@mantine/core";
import { Check, Circle, CircleX, Loader, SkipForward } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeploymentReport, EventPayload } from "../../src-shared/contract/index.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { connectedBoard, currentExperiment, useApp } from "../app/store.ts";
import { Card, Empty, ErrorMessage, kilobytes, Message, Page, WorkProgress } from "../widgets/parts.tsx";
import { LivePanel } from "./live-panel.tsx";

const STAGES = ["check", "firmware", "model", "self-test", "proof"] as const;
type Stage = EventPayload<"deployment:stage">;

export function DeployPlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard);
  const experiment = useApp(currentExperiment);
  const deploy = useWork("deployment:run");
  const [stages, setStages] = useState<ReadonlyMap<string, Stage>>(new Map());
  useEffect(
    () =>
      client.on("deployment:stage", (stage) =>
        setStages((before) => new Map(before).set(stage.stage, stage)),
      ) as () => void,
    [client],
  );
  const run = (): void => {
    if (board === null || experiment === null) return;
    setStages(new Map());
    void deploy.start({ experiment: experiment.id, board: board.port });
  };
  const hasModel = board !== null && board.model !== null;
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
          <Button
            size="md"
            disabled={board === null || experiment === null}
            loading={deploy.running}
            onClick={run}
          >
            {t("Write to board")}
          </Button>
        </>
      }
    >
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
          text={t("No board connected. Plug one in by USB, or choose the simulated board at the top left.")}
        />
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
      {board !== null && (
        <div className="grid2">
          <Card title={board.name}>
            <table className="list">
              <tbody>
                <tr>
                  <th scope="row">{t("Port")}</th>
                  <td>{board.port}</td>
                </tr>
                <tr>
                  <th scope="row">{t("Firmware")}</th>
                  <td>{board.firmware ?? t("unknown")}</td>
                </tr>
                <tr>
                  <th scope="row">{t("Model on it")}</th>
                  <td>{board.model === null ? t("none") : t("{{name}} in slot {{slot}}", board.model)}</td>
                </tr>
                <tr>
                  <th scope="row">{t("To be written")}</th>
                  <td>{experiment?.name ?? t("none")}</td>
                </tr>
              </tbody>
            </table>
          </Card>
          <Card title={t("Stages")}>
            <ol className="stages">
              {STAGES.map((name) => (
                <StageRow key={name} name={name} stage={stages.get(name)} report={deploy.result} />
              ))}
            </ol>
          </Card>
        </div>
      )}
      {deploy.result !== null && <Proof report={deploy.result} />}
      {hasModel && !deploy.running && <LivePanel />}
    </Page>
  );
}

function StageRow(props: {
  name: (typeof STAGES)[number];
  stage: Stage | undefined;
  report: DeploymentReport | null;
}) {
  const { t } = useTranslation();
  const state = props.stage?.state;
  const Icon =
    state === "done"
      ? Check
      : state === "failed"
        ? CircleX
        : state === "running"
          ? Loader
          : state === "skipped"
            ? SkipForward
            : Circle;
  const seconds = props.report?.stages.find(({ stage }) => stage === props.name)?.seconds;
  return (
    <li>
      <Icon
        size={17}
        aria-hidden
        color={state === "done" ? "var(--good)" : state === "failed" ? "var(--signal)" : "var(--ink-soft)"}
      />
      <b>{t(`stage.${props.name}`)}</b>
      <span className="soft small">
        {state === "running" ? `${Math.round((props.stage?.fraction ?? 0) * 100)} % ` : ""}
        {state === "skipped" ? t("not needed") : (props.stage?.detail ?? "")}
      </span>
      <span className="soft">{seconds === undefined ? "" : `${seconds.toFixed(1)} s`}</span>
    </li>
  );
}

function Proof({ report }: { report: DeploymentReport }) {
  const { t } = useTranslation();
  const all = report.goldenVectors.identical === report.goldenVectors.run;
  return (
    <>
      <Message
        level={all ? "good" : "error"}
        message={t(
          "The board computed {{identical}} of {{run}} test windows exactly as this computer does.",
          report.goldenVectors,
        )}
        hint={[
          t("Slot {{slot}}, {{seconds}} s.", { slot: report.slot, seconds: report.seconds.toFixed(1) }),
          t("RAM {{ram}}, flash {{flash}}.", { ram: kilobytes(report.ram), flash: kilobytes(report.flash) }),
          report.latencyMs === null
            ? ""
            : t("{{ms}} ms for each answer.", { ms: report.latencyMs.toFixed(1) }),
          report.batteryDays === null
            ? ""
            : t("About {{days}} days on the battery.", { days: Math.round(report.batteryDays) }),
        ].join(" ")}
      />
      {report.warnings.map((warning) => (
        <Message key={warning} level="warning" message={warning} />
      ))}
    </>
  );
}
