/** What to improve: findings in plain words, each with one next step, and whether more recordings would help. */
import { Button } from "@mantine/core";
import { CircleAlert, Info, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DiagnosisFinding, ExperimentInfo } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { useApp } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { Card, ErrorMessage, Message, WorkProgress, withCode } from "../widgets/parts.tsx";
import { RecordingDialog, type Shown } from "../widgets/recording-dialog.tsx";
import { updateRecordings } from "../widgets/recording-edits.ts";
import { LearningCurve } from "./learning-curve.tsx";

export function ImproveView({ experiment }: { experiment: ExperimentInfo }) {
  return (
    <div className="improve">
      <Findings experiment={experiment} />
      <LearningCurve experiment={experiment} />
    </div>
  );
}

function Findings({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const diagnose = useKeptWork("diagnosis:run", experiment.id);
  const [shown, setShown] = useState<{ one: Shown; order: readonly number[] } | null>(null);
  const findings = diagnose.result;
  return (
    <Card
      title={
        findings === null ? t("What could be wrong?") : t("Findings ({{count}})", { count: findings.length })
      }
      aside={
        <Button
          variant={findings === null ? "filled" : "default"}
          loading={diagnose.running}
          onClick={() => void diagnose.start({ experiment: experiment.id })}
        >
          {findings === null ? t("Look for problems") : t("Look again")}
        </Button>
      }
    >
      <ErrorMessage error={diagnose.error} />
      {diagnose.running && (
        <WorkProgress
          title={t("Looking")}
          stage={diagnose.stage}
          fraction={diagnose.fraction}
          startedAt={diagnose.startedAt}
          onCancel={diagnose.cancel}
        />
      )}
      {findings === null && !diagnose.running && (
        <p className="soft">
          {t(
            "Looks for labels that seem wrong, dead or doubled channels, duplicate recordings, classes with too little data, leaks between training and test, and what to record next. Takes some seconds; nothing is changed.",
          )}
        </p>
      )}
      {findings?.length === 0 && <Message level="good" message={t("No problems were found.")} />}
      {findings !== null && findings.length > 0 && (
        <ul className="findings">
          {findings.map((finding) => (
            <Finding
              key={finding.kind + finding.message}
              finding={finding}
              onShow={(id) => setShown({ one: { id }, order: finding.recordings ?? [] })}
            />
          ))}
        </ul>
      )}
      <RecordingDialog
        shown={shown?.one ?? null}
        onShow={(one) => setShown(one === null ? null : { one, order: shown?.order ?? [] })}
        order={shown?.order}
      />
    </Card>
  );
}

const ICONS = { error: CircleAlert, warning: TriangleAlert, info: Info } as const;
/** Recordings of a finding that are named; the dialog leads to the others. */
const NAMED = 4;

function Finding({ finding, onShow }: { finding: DiagnosisFinding; onShow: (id: number) => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const { go, place } = useApp();
  const recordings = useApp((state) => state.recordings);
  const Icon = ICONS[finding.severity];
  const ids = finding.recordings ?? [];
  const named = ids.slice(0, NAMED).flatMap((id) => recordings.find((one) => one.id === id) ?? []);
  const [first] = named;
  const { suggestedLabel } = finding;
  return (
    <li data-level={finding.severity}>
      <Icon size={19} aria-hidden />
      <div>
        <p>
          <b>{said(finding.message)}</b>
        </p>
        <p className="soft">{withCode(finding.hint)}</p>
        <div className="row" style={{ gap: 8 }}>
          {named.map((one) => (
            <Button key={one.id} size="xs" variant="default" onClick={() => onShow(one.id)}>
              {one.name}
            </Button>
          ))}
          {ids.length > NAMED && (
            <span className="soft small">{t("and {{count}} more", { count: ids.length - NAMED })}</span>
          )}
          {suggestedLabel !== undefined &&
            first !== undefined &&
            ids.length === 1 &&
            first.label !== suggestedLabel && (
              <Button
                size="xs"
                variant="default"
                onClick={() => updateRecordings(client, [first.id], { label: suggestedLabel })}
              >
                {t("It is “{{label}}”", { label: suggestedLabel })}
              </Button>
            )}
          {finding.place !== place && (
            <Button size="xs" variant="default" onClick={() => go(finding.place)}>
              {t("Go to {{place}}", { place: t(`place.${finding.place}`) })}
            </Button>
          )}
        </div>
      </div>
    </li>
  );
}
