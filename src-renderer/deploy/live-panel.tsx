/** The board's own answers: a large result that is held, the last ten seconds, a bar for each class, and "that was wrong". */
import { Button, Slider } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Prediction } from "../../src-shared/contract/index.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { fixed } from "../locales/format.ts";
import { LiveTrace } from "../widgets/live-trace.tsx";
import { Card, classMark, ErrorMessage, percent, useLabels } from "../widgets/parts.tsx";
import { deleteRecordings } from "../widgets/recording-edits.ts";
import { calledAs, heldAnswer, UNKNOWN } from "./live-answers.ts";
import { ScoreLines } from "./score-lines.tsx";
import { type Live, STRIP_MS } from "./use-live.ts";

const KEEP_SECONDS = 5;

export function LivePanel({ live }: { live: Live }) {
  const { t } = useTranslation();
  const labels = useLabels();
  const [threshold, setThreshold] = useState(0.5);
  const { answers } = live;
  const last = answers.at(-1);
  const called = answers.map((one) => calledAs(one, threshold));
  const held = heldAnswer(called);
  return (
    <Card title={t("Live, from the board itself")} aside={<Cost last={last} />}>
      <ErrorMessage error={live.error} />
      {last === undefined ? (
        <div className="now waiting">
          <span className="soft">{t("Waiting for the first answer…")}</span>
        </div>
      ) : (
        <>
          <div className="live-grid">
            <Now last={last} held={held} labels={labels} />
            {last.value === undefined && (
              <Scores last={last} labels={labels} threshold={threshold} onThreshold={setThreshold} />
            )}
          </div>
          {last.value === undefined && (
            <div>
              <Strip answers={answers} called={called} labels={labels} />
              <ScoreLines answers={answers} labels={labels} threshold={threshold} />
            </div>
          )}
        </>
      )}
      {live.on && <LiveTrace preview={false} />}
      {live.on && last !== undefined && <Keep labels={labels} />}
    </Card>
  );
}

const colorOf = (labels: readonly string[], label: string): string =>
  label === UNKNOWN ? "var(--ink-soft)" : classMark(labels, label).color;
const shapeOf = (labels: readonly string[], label: string): string =>
  label === UNKNOWN ? "?" : classMark(labels, label).shape;

function Now(props: { last: Prediction; held: string | null; labels: readonly string[] }) {
  const { t } = useTranslation();
  const { last, held, labels } = props;
  const label = held ?? last.label;
  return (
    <div className="now" style={{ color: colorOf(labels, label) }}>
      <span className="soft">{t("Now")}</span>
      <b role="status" aria-live="polite">
        {last.value === undefined ? (
          <>
            <span aria-hidden>{shapeOf(labels, label)}</span> {label === UNKNOWN ? t("unknown") : label}
          </>
        ) : (
          fixed(last.value, 3)
        )}
      </b>
      {last.anomaly !== undefined && (
        <span className="soft small">
          {t("{{distance}} away from the recordings (about 1 is like them)", {
            distance: fixed(last.anomaly, 2),
          })}
        </span>
      )}
      {last.value === undefined && (
        <span className="soft">
          {label === UNKNOWN
            ? t("not clearly like any recording")
            : t("{{score}} sure", { score: percent(last.scores[label] ?? 0) })}
        </span>
      )}
    </div>
  );
}

function Scores(props: {
  last: Prediction;
  labels: readonly string[];
  threshold: number;
  onThreshold: (threshold: number) => void;
}) {
  const { t } = useTranslation();
  const { last, labels, threshold } = props;
  const order = (label: string): number => {
    const at = labels.indexOf(label);
    return at < 0 ? labels.length : at;
  };
  return (
    <div className="scores">
      {Object.entries(last.scores)
        .sort(([a], [b]) => order(a) - order(b))
        .map(([label, score]) => (
          <div className="score" key={label}>
            <span>
              <span aria-hidden style={{ color: colorOf(labels, label) }}>
                {shapeOf(labels, label)}
              </span>{" "}
              {label}
            </span>
            {/* biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn as ours is. */}
            <span
              className="bar"
              role="meter"
              aria-label={label}
              aria-valuemin={0}
              aria-valuemax={1}
              aria-valuenow={Number(score.toFixed(3))}
              aria-valuetext={percent(score)}
            >
              <i style={{ width: `${score * 100}%`, background: colorOf(labels, label) }} />
              <em style={{ left: `${threshold * 100}%` }} aria-hidden />
            </span>
            <span className="num">{percent(score)}</span>
          </div>
        ))}
      <div className="threshold">
        <span id="threshold-name">{t("Unknown below {{threshold}}", { threshold: percent(threshold) })}</span>
        <Slider
          thumbProps={{ "aria-labelledby": "threshold-name" }}
          min={0}
          max={0.95}
          step={0.05}
          label={null}
          value={threshold}
          onChange={props.onThreshold}
        />
      </div>
    </div>
  );
}

/** The last ten seconds, newest at the right; runs of the same answer are one piece. */
function Strip(props: {
  answers: readonly Prediction[];
  called: readonly string[];
  labels: readonly string[];
}) {
  const { t } = useTranslation();
  const { answers, called, labels } = props;
  const end = answers.at(-1)?.timeMs ?? 0;
  const runs: { label: string; from: number; to: number }[] = [];
  let before = Math.max(0, end - STRIP_MS);
  answers.forEach((one, index) => {
    const label = called[index] ?? one.label;
    const last = runs.at(-1);
    if (last?.label === label) last.to = one.timeMs;
    else runs.push({ label, from: before, to: one.timeMs });
    before = one.timeMs;
  });
  const text = runs.map(({ label, from, to }) => `${label} ${fixed((to - from) / 1000, 1)} s`).join(", ");
  return (
    <div>
      <h3 style={{ marginBottom: 6 }}>{t("Last 10 seconds")}</h3>
      <div className="strip" role="img" aria-label={text}>
        {end < STRIP_MS && <i className="rest" style={{ flexGrow: STRIP_MS - end }} />}
        {runs.map(({ label, from, to }) => (
          <i
            key={from}
            style={{ flexGrow: Math.max(1, to - from), background: colorOf(labels, label) }}
            title={label}
          >
            {shapeOf(labels, label)} <span>{label}</span>
          </i>
        ))}
      </div>
    </div>
  );
}

/** Time of one answer where the board can count it. */
function Cost({ last }: { last: Prediction | undefined }) {
  const { t } = useTranslation();
  const all = (last?.frontendInstructions ?? 0) + (last?.networkInstructions ?? 0);
  if (all === 0) return null;
  return <span className="soft small">{t("{{count}} instructions for each answer", { count: all })}</span>;
}

/** "That was wrong": the last seconds become a recording with the right label. */
function Keep({ labels }: { labels: readonly string[] }) {
  const { t } = useTranslation();
  const client = useEngine();
  const keep = useWork("live:keep");
  const save = async (label: string): Promise<void> => {
    const kept = await keep.start({ label, seconds: KEEP_SECONDS });
    if (kept === null) return;
    useApp.getState().notify({
      level: "good",
      message: t("Kept {{seconds}} s as “{{label}}”. It is in Collect; train again to learn from it.", {
        seconds: kept.seconds.toFixed(1),
        label,
      }),
      action: { label: t("Undo"), run: () => deleteRecordings(client, [kept.recording]) },
    });
  };
  return (
    <>
      <div className="row keep">
        <span>
          <b>{t("That was wrong?")}</b> {t("Keep the last {{seconds}} s as", { seconds: KEEP_SECONDS })}
        </span>
        {labels.map((label) => (
          <Button
            key={label}
            size="sm"
            variant="default"
            disabled={keep.running}
            onClick={() => void save(label)}
          >
            <span aria-hidden style={{ color: classMark(labels, label).color, marginRight: 6 }}>
              {classMark(labels, label).shape}
            </span>
            {label}
          </Button>
        ))}
      </div>
      <ErrorMessage error={keep.error} />
    </>
  );
}
