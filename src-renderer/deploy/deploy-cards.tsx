/** The board and what is on it, the stages of a deployment, and the proof after it. */
import { Check, Circle, CircleX, Loader, ShieldCheck, SkipForward, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { BoardInfo, DeploymentReport } from "../../src-shared/contract/index.ts";
import type { Stage } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { fixed, grouped, localised } from "../locales/format.ts";
import { Card, kilobytes, Message } from "../widgets/parts.tsx";
import { PowerRows } from "./power-rows.tsx";

const STAGES = ["check", "firmware", "model", "self-test", "proof"] as const;

export function BoardCard({ board, next }: { board: BoardInfo; next: string | null }) {
  const { t } = useTranslation();
  return (
    <Card title={said(board.name)}>
      <dl className="pairs plain">
        <div>
          <dt>{t("Port")}</dt>
          <dd>{board.port}</dd>
        </div>
        <div>
          <dt>{t("Firmware")}</dt>
          <dd>{board.firmware ?? t("unknown")}</dd>
        </div>
        <div>
          <dt>{t("Sensors")}</dt>
          <dd>{board.sensors.map(({ id }) => id).join(", ")}</dd>
        </div>
        <div>
          <dt>{t("Model on it")}</dt>
          <dd>{board.model === null ? t("none") : t("{{name}} in slot {{slot}}", board.model)}</dd>
        </div>
        <div>
          <dt>{t("To be written")}</dt>
          <dd>{next ?? t("none")}</dd>
        </div>
      </dl>
    </Card>
  );
}

export function StagesCard(props: { stages: ReadonlyMap<string, Stage>; report: DeploymentReport | null }) {
  const { t } = useTranslation();
  return (
    <Card title={t("Stages")}>
      <ol className="stages">
        {STAGES.map((name) => (
          <StageRow key={name} name={name} stage={props.stages.get(name)} report={props.report} />
        ))}
      </ol>
    </Card>
  );
}

const ICONS = { done: Check, failed: CircleX, running: Loader, skipped: SkipForward } as const;

function StageRow(props: {
  name: (typeof STAGES)[number];
  stage: Stage | undefined;
  report: DeploymentReport | null;
}) {
  const { t } = useTranslation();
  const { name, stage, report } = props;
  const state = stage?.state;
  const Icon = state === undefined ? Circle : ICONS[state];
  const seconds = report?.stages.find((one) => one.stage === name)?.seconds;
  const detail =
    state === undefined
      ? t(`stage.${name}.what`)
      : state === "skipped"
        ? t("not needed")
        : state === "running"
          ? `${Math.round((stage?.fraction ?? 0) * 100)} %`
          : state === "failed"
            ? (stage?.detail ?? "")
            : name === "proof" && report !== null && (report.readBackBytes ?? Infinity) < report.modelBytes
              ? t("Read back in part: the very same bytes; the board checked all of them")
              : t(`stage.${name}.done`);
  return (
    <li data-state={state ?? "waiting"}>
      <Icon size={18} aria-hidden />
      <b>{t(`stage.${name}`)}</b>
      <span className="soft small">{detail}</span>
      <span className="soft">{seconds === undefined || state === "skipped" ? "" : duration(seconds)}</span>
    </li>
  );
}

const duration = (seconds: number): string =>
  seconds < 0.95 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${fixed(seconds, 1)} s`;

export function Proof({ report }: { report: DeploymentReport }) {
  const { t } = useTranslation();
  const all = report.goldenVectors.identical === report.goldenVectors.run;
  const Icon = all ? ShieldCheck : TriangleAlert;
  const tiles: readonly (readonly [string, string])[] = [
    [t("Test windows identical"), `${report.goldenVectors.identical} / ${report.goldenVectors.run}`],
    [t("RAM"), kilobytes(report.ram)],
    [t("Flash"), kilobytes(report.flash)],
    ...(report.latencyMs === null ? [] : [[t("Each answer"), `${fixed(report.latencyMs, 1)} ms`] as const]),
    ...(report.instructions === null ? [] : [[t("Instructions"), grouped(report.instructions)] as const]),
    ...(report.powerMilliwatts === null
      ? []
      : [[t("Power"), `${localised(report.powerMilliwatts.toPrecision(2))} mW`] as const]),
    ...(report.batteryDays === null
      ? []
      : [[t("On the battery"), t("{{days}} days", { days: Math.round(report.batteryDays) })] as const]),
    [t("Written in"), duration(report.seconds)],
  ];
  return (
    <>
      <section className="card proof" data-good={all}>
        <div className="row">
          <Icon size={24} aria-hidden />
          <p className="grow" role="status">
            <b>
              {t(
                "The board computed {{identical}} of {{run}} test windows exactly as this computer does.",
                report.goldenVectors,
              )}
            </b>
          </p>
        </div>
        <dl className="tiles">
          {tiles.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        {report.powerBudget !== null && <PowerRows budget={report.powerBudget} />}
        {report.latencyMs === null && (
          <p className="soft small">
            {t("This board has no clock to measure time and power by; the virtual board and real ones have.")}
          </p>
        )}
        <p className="soft small">
          {t("Slot {{slot}}, SHA-256 of the model on the board:", { slot: report.slot })}{" "}
          <code className="hash">{report.modelHash}</code>
        </p>
      </section>
      {report.warnings.map((warning) => (
        <Message key={warning} level="warning" message={warning} />
      ))}
    </>
  );
}
