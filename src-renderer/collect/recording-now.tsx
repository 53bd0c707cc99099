/** What goes on while a recording is made: figures, progress, health of the signal, and how to end it. Large, for gloves. */
import { Button } from "@mantine/core";
import { Check, Play, Square, Trash2, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { QualityFinding } from "../../src-shared/contract/index.ts";
import { useApp } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { fixed } from "../locales/format.ts";
import { shortNumber } from "../widgets/draw-lanes.ts";
import { levelShare } from "../widgets/live-level.ts";
import { useLabels } from "../widgets/parts.tsx";
import { PlanBars } from "./plan-card.tsx";
import { useRecorderSettings } from "./recorder-settings.ts";
import type { Recorder } from "./use-recorder.ts";

type Active = Exclude<Recorder["phase"], { kind: "idle" }>;

export function RecordingNow({ recorder, phase }: { recorder: Recorder; phase: Active }) {
  const labels = useLabels();
  const plan = useRecorderSettings((settings) => settings.mode === "plan");
  const armed = useApp((app) => app.recording.kind === "armed");
  return (
    <>
      {phase.kind === "waiting" ? (
        <Waiting recorder={recorder} phase={phase} />
      ) : phase.kind === "countdown" ? (
        <Countdown recorder={recorder} phase={phase} />
      ) : armed ? (
        <Armed recorder={recorder} phase={phase} />
      ) : (
        <Running recorder={recorder} phase={phase} />
      )}
      {plan && <PlanBars labels={labels} active={phase.label} />}
    </>
  );
}

function Take({ phase }: { phase: Active }) {
  const { t } = useTranslation();
  return phase.of > 1 ? <span>{t("{{take}} of {{of}}", { take: phase.take, of: phase.of })}</span> : null;
}

function Cancel({ recorder }: { recorder: Recorder }) {
  const { t } = useTranslation();
  return (
    <Button size="lg" variant="default" onClick={recorder.discard}>
      {t("Cancel")}
    </Button>
  );
}

function Waiting({ recorder, phase }: { recorder: Recorder; phase: Active }) {
  const { t } = useTranslation();
  const reminder = useRecorderSettings((settings) => settings.reminder);
  return (
    <div className="recording-now" data-phase="waiting" role="alert">
      <div className="grow">
        <p>
          <b>
            {phase.why === "reminder"
              ? t("Remember: {{reminder}}", { reminder })
              : t("Next: “{{label}}”. Bring the machine into that state.", { label: phase.label })}
          </b>
          <Take phase={phase} />
        </p>
      </div>
      <Button size="lg" leftSection={<Play size={17} />} onClick={recorder.goOn} data-autofocus autoFocus>
        {t("Ready, go on")}
      </Button>
      <Button size="lg" variant="default" onClick={recorder.discard}>
        {t("End the plan")}
      </Button>
    </div>
  );
}

function Countdown({ recorder, phase }: { recorder: Recorder; phase: Active }) {
  const { t } = useTranslation();
  return (
    <div className="recording-now" data-phase="countdown">
      <div className="now-figure" aria-live="assertive">
        {phase.left}
      </div>
      <div className="grow">
        <p>
          <b>{t("Get ready: “{{label}}”", { label: phase.label })}</b>
          <Take phase={phase} />
        </p>
        <div className="bar" aria-hidden>
          <i style={{ width: 0 }} />
        </div>
      </div>
      <Cancel recorder={recorder} />
    </div>
  );
}

/** The board samples, and nothing is kept until the signal is strong enough. */
function Armed({ recorder, phase }: { recorder: Recorder; phase: Active }) {
  const { t } = useTranslation();
  const state = useApp((app) => app.recording);
  const level = state.kind === "armed" ? state.level : null;
  const wanted = state.kind === "armed" ? state.wanted : 1;
  return (
    <div className="recording-now" data-phase="armed">
      <div className="grow">
        <p role="status">
          <b>{t("Waiting for the signal: “{{label}}”", { label: phase.label })}</b>
          <Take phase={phase} />
          <span className="lost figures">
            {t("{{level}} of {{wanted}}", {
              level: level === null ? "–" : shortNumber(level),
              wanted: shortNumber(wanted),
            })}
          </span>
        </p>
        <div className="bar level-bar" aria-hidden>
          <i style={{ width: `${levelShare(level ?? 0) * 100}%` }} />
          <b style={{ left: `${levelShare(wanted) * 100}%` }} />
        </div>
      </div>
      <Cancel recorder={recorder} />
    </div>
  );
}

function Running({ recorder, phase }: { recorder: Recorder; phase: Active }) {
  const { t } = useTranslation();
  const state = useApp((app) => app.recording);
  const recording = state.kind === "recording" ? state : null;
  const seconds = recording?.seconds ?? 0;
  const of = recording?.ofSeconds ?? null;
  const lost = recording?.lostSamples ?? 0;
  return (
    <>
      <div className="recording-now" data-phase="recording">
        <div className="now-figure">{fixed(seconds, 1)} s</div>
        <div className="grow">
          <p>
            <b>
              {recording?.reconnecting === true
                ? t("The connection broke off; waiting for the board")
                : t("Recording “{{label}}”", { label: phase.label })}
            </b>
            <Take phase={phase} />
            <span className="lost" data-lost={lost > 0}>
              {t("{{lost}} lost", { lost })}
            </span>
          </p>
          <div className="bar" aria-hidden>
            <i style={{ width: of === null ? "100%" : `${Math.min(100, (seconds / of) * 100)}%` }} />
          </div>
        </div>
        <Button size="lg" leftSection={<Square size={17} fill="currentColor" />} onClick={recorder.stop}>
          {t("Stop and keep")}
        </Button>
        <Button size="lg" variant="default" leftSection={<Trash2 size={17} />} onClick={recorder.discard}>
          {t("Discard")}
        </Button>
      </div>
      <Health findings={recording?.findings ?? []} seconds={seconds} />
    </>
  );
}

/** Findings of the first moments say little: a stretch of a second is looked at before anything is said. */
const SAID_AFTER_SECONDS = 1;

function Health({ findings, seconds }: { findings: readonly QualityFinding[]; seconds: number }) {
  const { t } = useTranslation();
  if (seconds < SAID_AFTER_SECONDS) return null;
  const warnings = findings.filter(({ level }) => level === "warning");
  return (
    <ul className="health" aria-label={t("Health of the signal")} aria-live="polite">
      {warnings.length === 0 ? (
        <li data-level="good">
          <Check size={15} aria-hidden /> {t("The signal looks good.")}
        </li>
      ) : (
        warnings.slice(0, 4).map(({ message }) => (
          <li key={message} data-level="warning">
            <TriangleAlert size={15} aria-hidden /> {said(message)}
          </li>
        ))
      )}
    </ul>
  );
}
