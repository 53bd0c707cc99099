/** Thresholds: how many false alarms an hour may bring, what that costs in misses, for each class; kept with the model. */
import { Button, Slider } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type {
  ExperimentInfo,
  LabelThresholds,
  ThresholdPoint,
  ThresholdsReport,
} from "../../src-shared/contract/index.ts";
import { useAnswer, useWork } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { fixed, grouped, percent } from "../locales/format.ts";
import { Card, ClassChip, ErrorMessage, Message, useLabels } from "../widgets/parts.tsx";
import { often, pointAt, RATES } from "./threshold-points.ts";

/** The slider's last place: as many as there may be, which is to have no thresholds. */
const ANY = RATES.length;
/** Places of the slider that are named. */
const MARKS = [RATES.indexOf(0), RATES.indexOf(1), ANY];

export function ThresholdsView({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const go = useApp((state) => state.go);
  const [rate, setRate] = useState<number | null>(null);
  const [draft, setDraft] = useState<LabelThresholds | null>(null);
  const { answer, error, asking } = useAnswer(
    "thresholds:measure",
    {
      experiment: experiment.id,
      ...(rate === null || rate === ANY ? {} : { falseAlarmsPerHour: RATES[rate] ?? 1 }),
    },
    rate === null ? 0 : 150,
  );
  const set = useWork("thresholds:set");
  const proposed = answer?.proposed;
  useEffect(() => {
    if (proposed !== undefined) setDraft(proposed);
  }, [proposed]);
  const words = useOften();
  const kept = experiment.thresholds;
  const none = Object.values(kept).every((value) => value === 0);
  const rateWords = (place: number): string => (place === ANY ? t("any number") : words(RATES[place] ?? 0));
  const shown = draft ?? kept;
  const changed = answer?.labels.some(({ label }) => differs(shown[label], kept[label])) === true;
  const save = async (thresholds: LabelThresholds): Promise<void> => {
    const made = await set.start({ experiment: experiment.id, thresholds });
    if (made === null) return;
    setDraft(null);
    setRate(null);
    useApp.getState().notify({
      level: "good",
      message: t("The thresholds are kept with “{{name}}”.", { name: experiment.name }),
      hint: t("A board gets them with the next deployment."),
      action: { label: t("Go to {{place}}", { place: t("place.deploy") }), run: () => go("deploy") },
    });
  };
  return (
    <>
      <ErrorMessage error={error ?? set.error} />
      <Card title={t("When is an answer sure enough?")}>
        <p className="soft">
          {t(
            "Below its threshold a class is not called: the board then answers “unknown”. A high threshold brings few false alarms and more misses.",
          )}
        </p>
        <div className="rate">
          <span id="rate-name">
            {t("At most so many false alarms:")}{" "}
            <b>{rate === null && !none ? t("as chosen before") : rateWords(rate ?? ANY)}</b>
          </span>
          <Slider
            thumbProps={{ "aria-labelledby": "rate-name" }}
            min={0}
            max={ANY}
            step={1}
            label={null}
            value={rate ?? (none ? ANY : (MARKS[1] ?? 0))}
            onChange={(value) => {
              setRate(value);
              if (value === ANY) setDraft({});
            }}
            marks={MARKS.map((value) => ({ value, label: rateWords(value) }))}
          />
        </div>
        <div className="row">
          <span className="soft small grow">
            {asking
              ? t("Measuring…")
              : answer !== null &&
                t("Measured on {{windows}} validation windows, which the model was not trained on.", {
                  windows: answer.windows,
                })}
          </span>
          {draft !== null && (
            <Button
              variant="default"
              onClick={() => {
                setDraft(null);
                setRate(null);
              }}
            >
              {t("Leave as it was")}
            </Button>
          )}
          <Button disabled={!changed} loading={set.running} onClick={() => void save(shown)}>
            {t("Use these thresholds")}
          </Button>
        </div>
      </Card>
      {answer?.warnings.map((warning) => (
        <Message key={warning} level="warning" message={warning} />
      ))}
      {answer !== null && (
        <div className="thresholds">
          <Classes
            report={answer}
            thresholds={shown}
            onChange={(label, value) => setDraft({ ...shown, [label]: value })}
          />
        </div>
      )}
    </>
  );
}

const differs = (a = 0, b = 0): boolean => Math.abs(a - b) > 1e-6;

/** "2 each hour", "one every 4 hours", "none". */
function useOften(): (perHour: number) => string {
  const { t } = useTranslation();
  return (perHour) => {
    const found = often(perHour);
    switch (found.kind) {
      case "none":
        return t("none");
      case "hourly":
        return t("{{count}} each hour", { count: found.count });
      case "every-hours":
        return t("one every {{count}} hours", { count: found.count });
      case "every-days":
        return t("one every {{count}} days", { count: found.count });
    }
  };
}

function Classes(props: {
  report: ThresholdsReport;
  thresholds: LabelThresholds;
  onChange: (label: string, threshold: number) => void;
}) {
  const { t } = useTranslation();
  const labels = useLabels();
  const words = useOften();
  const rows = [...props.report.labels].sort((a, b) => labels.indexOf(a.label) - labels.indexOf(b.label));
  return rows.map((row) => {
    const threshold = props.thresholds[row.label] ?? 0;
    const point = pointAt(row.points, threshold);
    return (
      <section className="card" key={row.label}>
        <div className="row">
          <ClassChip label={row.label} />
          <span className="grow" />
          <span className="small">
            {t("Threshold")} <b>{threshold > 0 ? fixed(threshold, 2) : t("off")}</b>
          </span>
        </div>
        <Slider
          thumbLabel={t("Threshold of “{{label}}”", { label: row.label })}
          min={0}
          max={0.99}
          step={0.01}
          label={null}
          value={Math.min(0.99, threshold)}
          onChange={(value) => props.onChange(row.label, value)}
        />
        <Tradeoff points={row.points} at={threshold} />
        <dl className="tiles">
          <div>
            <dt>
              <Dash dashed={false} /> {t("Missed")}
            </dt>
            <dd>{point === null ? "–" : percent(point.misses)}</dd>
          </div>
          <div>
            <dt>
              <Dash dashed /> {t("False alarms")}
            </dt>
            <dd>{point === null ? "–" : words(point.falseAlarmsPerHour)}</dd>
          </div>
        </dl>
        <p className="soft small">
          {row.leastRate === null
            ? t("From {{windows}} windows of its own; there is nothing else to be mistaken for it.", {
                windows: row.windows,
              })
            : t(
                "From {{windows}} windows of its own and {{minutes}} minutes of others: a rate below {{rate}} each hour cannot be told from zero.",
                {
                  windows: row.windows,
                  minutes: grouped(row.otherHours * 60, 1),
                  rate: grouped(row.leastRate, row.leastRate < 10 ? 1 : 0),
                },
              )}
        </p>
      </section>
    );
  });
}

const WIDTH = 300;
const HEIGHT = 84;

/** Misses rise and false alarms fall with the threshold; each on its own scale, the figures stand below. */
function Tradeoff({ points, at }: { points: readonly ThresholdPoint[]; at: number }) {
  const most = Math.max(1e-9, ...points.map(({ falseAlarmsPerHour }) => falseAlarmsPerHour));
  const path = (of: (point: ThresholdPoint) => number): string => {
    let d = "";
    let y = HEIGHT - 4;
    for (const point of points) {
      const x = 4 + Math.min(1, point.threshold) * (WIDTH - 8);
      if (d !== "") d += `L${x.toFixed(1)} ${y.toFixed(1)}`;
      y = 4 + (1 - of(point)) * (HEIGHT - 8);
      d += `${d === "" ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    return d === "" ? "" : `${d}L${WIDTH - 4} ${y.toFixed(1)}`;
  };
  const x = 4 + Math.min(1, at) * (WIDTH - 8);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="tradeoff" aria-hidden="true">
      <line x1="4" x2={WIDTH - 4} y1={HEIGHT - 4} y2={HEIGHT - 4} stroke="var(--line-strong)" />
      <path d={path(({ misses }) => misses)} stroke="var(--c0)" strokeWidth="2" fill="none" />
      <path
        d={path(({ falseAlarmsPerHour }) => falseAlarmsPerHour / most)}
        stroke="var(--c1)"
        strokeWidth="2"
        strokeDasharray="6 4"
        fill="none"
      />
      <line
        x1={x}
        x2={x}
        y1="2"
        y2={HEIGHT - 2}
        stroke="var(--ink)"
        strokeWidth="1.5"
        strokeDasharray="2 3"
      />
    </svg>
  );
}

function Dash({ dashed }: { dashed: boolean }) {
  return (
    <svg width="22" height="8" aria-hidden="true">
      <line
        x1="0"
        x2="22"
        y1="4"
        y2="4"
        stroke={dashed ? "var(--c1)" : "var(--c0)"}
        strokeWidth="2.5"
        strokeDasharray={dashed ? "6 4" : undefined}
      />
    </svg>
  );
}
