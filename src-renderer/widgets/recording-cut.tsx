/** The marked part of a recording: what it measures, and cutting by it. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { Crop, ScanSearch, Scissors, SquareSplitHorizontal } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useAnswer, useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { said } from "../locales/engine-texts.ts";
import { fixed } from "../locales/format.ts";
import { shortNumber } from "./draw-lanes.ts";
import { useLabels } from "./parts.tsx";
import { cutRecording } from "./recording-edits.ts";
import type { Span } from "./signal-view.ts";

export function CutPanel(props: {
  recording: RecordingInfo;
  marked: Span | null;
  span: Span;
  onMark: (span: Span | null) => void;
  /** Stretches that were found by energy, shown over the signal until they are cut or let go. */
  found: readonly Span[] | null;
  onFound: (found: readonly Span[] | null) => void;
  /** The recording was replaced by these. */
  onReplaced: (ids: readonly number[]) => void;
}) {
  const { recording, marked } = props;
  const stream = recording.streams[0];
  const { t } = useTranslation();
  const part = marked ?? props.span;
  const { answer } = useAnswer(
    "recordings:measure",
    stream === undefined
      ? null
      : {
          streamId: stream.id,
          startSample: Math.floor(part.from * stream.rateHz),
          endSample: Math.ceil(part.to * stream.rateHz),
        },
    150,
  );
  return (
    <section className="cut" aria-label={t("Marked part")}>
      <div>
        <h3>
          {marked === null
            ? t("Shown: {{from}} to {{to}} s", ends(props.span))
            : t("Marked: {{from}} to {{to}} s ({{length}} s)", {
                ...ends(marked),
                length: (marked.to - marked.from).toFixed(2),
              })}
        </h3>
        <table className="measures">
          <thead>
            <tr>
              <th>{t("Channel")}</th>
              <th className="num">{t("Mean")}</th>
              <th className="num">{t("Lowest")}</th>
              <th className="num">{t("Highest")}</th>
              <th className="num">{t("Strength (RMS)")}</th>
              <th className="num">{t("Strongest at")}</th>
            </tr>
          </thead>
          <tbody>
            {(stream?.channels ?? []).map(({ name, unit }, index) => {
              const one = answer?.channels[index];
              const figure = (value: number | undefined): string =>
                value === undefined ? "" : `${shortNumber(value)} ${unit}`;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className="num">{figure(one?.mean)}</td>
                  <td className="num">{figure(one?.min)}</td>
                  <td className="num">{figure(one?.max)}</td>
                  <td className="num">{figure(one?.rms)}</td>
                  <td className="num">
                    {one === undefined ? "" : one.peakHz === null ? "–" : `${shortNumber(one.peakHz)} Hz`}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {marked === null && props.found !== null ? (
        <FoundActions
          recording={recording}
          found={props.found}
          onFound={props.onFound}
          onReplaced={props.onReplaced}
        />
      ) : marked === null ? (
        <SplitEvenly recording={recording} onFound={props.onFound} onReplaced={props.onReplaced} />
      ) : (
        <MarkedActions {...props} marked={marked} />
      )}
    </section>
  );
}

const ends = ({ from, to }: Span) => ({ from: from.toFixed(2), to: to.toFixed(2) });

function MarkedActions(props: {
  recording: RecordingInfo;
  marked: Span;
  onMark: (span: Span | null) => void;
  onReplaced: (ids: readonly number[]) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const { recording, marked } = props;
  const [label, setLabel] = useState(recording.label);
  const part = { fromSeconds: marked.from, toSeconds: marked.to };
  const keepOnly = async (): Promise<void> => {
    const ids = await cutRecording(
      client,
      { id: recording.id, parts: [part], replace: true },
      t("Trimmed to {{seconds}} s.", { seconds: (marked.to - marked.from).toFixed(2) }),
    );
    if (ids !== null) props.onReplaced(ids);
  };
  const takeOut = async (): Promise<void> => {
    const parts = [
      { fromSeconds: 0, toSeconds: marked.from },
      { fromSeconds: marked.to, toSeconds: recording.seconds },
    ].filter(({ fromSeconds, toSeconds }) => toSeconds - fromSeconds >= 0.02);
    if (parts.length === 0) return;
    const ids = await cutRecording(
      client,
      { id: recording.id, parts, replace: true },
      t("The marked part was taken out."),
    );
    if (ids !== null) props.onReplaced(ids);
  };
  const copyOut = async (): Promise<void> => {
    const ids = await cutRecording(
      client,
      { id: recording.id, parts: [{ ...part, label }], replace: false },
      t("The marked part is a new recording of “{{label}}”.", { label }),
    );
    if (ids !== null) props.onMark(null);
  };
  return (
    <div className="cut-actions">
      <Button size="sm" variant="default" leftSection={<Crop size={16} />} onClick={() => void keepOnly()}>
        {t("Keep only this")}
      </Button>
      <Button size="sm" variant="default" leftSection={<Scissors size={16} />} onClick={() => void takeOut()}>
        {t("Take this out")}
      </Button>
      <div className="row end" style={{ gap: 8, flexWrap: "nowrap" }}>
        <NativeSelect
          className="grow"
          label={t("As a new recording of")}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          data={[...new Set([...labels, recording.label])]}
        />
        <Button size="sm" variant="default" onClick={() => void copyOut()}>
          {t("Copy out")}
        </Button>
      </div>
    </div>
  );
}

/** Stretches found by energy: how they are told apart, and cutting them out. */
function FoundActions(props: {
  recording: RecordingInfo;
  found: readonly Span[];
  onFound: (found: readonly Span[] | null) => void;
  onReplaced: (ids: readonly number[]) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const { recording, found, onFound } = props;
  const [rules, setRules] = useState({ level: 0, shortest: 0.3, pause: 0.3, margin: 0.1 });
  const { answer, error } = useAnswer(
    "recordings:find-active",
    { id: recording.id, ...rules, level: rules.level > 0 ? rules.level : null },
    150,
  );
  useEffect(() => {
    if (answer !== null)
      onFound(answer.parts.map(({ fromSeconds, toSeconds }) => ({ from: fromSeconds, to: toSeconds })));
  }, [answer, onFound]);
  const cut = async (replace: boolean): Promise<void> => {
    const parts = found.map(({ from, to }) => ({ fromSeconds: from, toSeconds: to }));
    const ids = await cutRecording(
      client,
      { id: recording.id, parts, replace },
      t("Cut into {{count}} recordings.", { count: parts.length }),
    );
    if (ids === null) return;
    onFound(null);
    if (replace) props.onReplaced(ids);
  };
  const number = (name: "shortest" | "pause" | "margin", label: string) => (
    <NumberInput
      label={label}
      min={0}
      max={60}
      step={0.1}
      value={rules[name]}
      onChange={(value) => setRules({ ...rules, [name]: Math.max(0, Number(value) || 0) })}
    />
  );
  const seconds = found.reduce((sum, { from, to }) => sum + to - from, 0);
  return (
    <div className="cut-actions">
      <p role="status">
        <b>
          {error !== null
            ? said(error.message)
            : t("{{count}} stretches, {{seconds}} s in all", {
                count: found.length,
                seconds: fixed(seconds, 1),
              })}
        </b>{" "}
        {said(error?.hint ?? "")}
      </p>
      <NumberInput
        label={t("Stronger than ({{unit}})", { unit: answer?.unit || "–" })}
        min={0}
        step={(answer?.level ?? 0.1) / 5}
        decimalScale={5}
        value={rules.level > 0 ? rules.level : Number((answer?.level ?? 0).toPrecision(3))}
        onChange={(value) => setRules({ ...rules, level: Math.max(0, Number(value) || 0) })}
      />
      {number("shortest", t("At least (s)"))}
      {number("pause", t("Pauses up to (s)"))}
      {number("margin", t("Margin (s)"))}
      <Button
        size="sm"
        variant="default"
        disabled={found.length === 0}
        leftSection={<SquareSplitHorizontal size={16} />}
        onClick={() => void cut(true)}
      >
        {t("Cut into {{count}}", { count: found.length })}
      </Button>
      <Button size="sm" variant="default" onClick={() => onFound(null)}>
        {t("Cancel")}
      </Button>
    </div>
  );
}

function SplitEvenly(props: {
  recording: RecordingInfo;
  onFound: (found: readonly Span[] | null) => void;
  onReplaced: (ids: readonly number[]) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const windowMs = useApp((state) => state.experiments[0]?.design.window.lengthMs ?? 1000);
  const { recording } = props;
  const [seconds, setSeconds] = useState(Math.max(1, Math.round(windowMs / 1000) * 2));
  const count = Math.floor(recording.seconds / seconds + 1e-6);
  const split = async (): Promise<void> => {
    const parts = Array.from({ length: count }, (_, index) => ({
      fromSeconds: index * seconds,
      toSeconds: index === count - 1 ? recording.seconds : (index + 1) * seconds,
    }));
    const ids = await cutRecording(
      client,
      { id: recording.id, parts, replace: true },
      t("Split into {{count}} recordings.", { count }),
    );
    if (ids !== null) props.onReplaced(ids);
  };
  return (
    <div className="cut-actions">
      <p className="soft small">{t("Drag over the signal to mark a part: to trim, to cut, to hear it.")}</p>
      <div className="row end" style={{ gap: 8, flexWrap: "nowrap" }}>
        <NumberInput
          className="grow"
          label={t("Split into pieces of (s)")}
          min={0.1}
          step={1}
          max={recording.seconds}
          value={seconds}
          onChange={(value) => setSeconds(Math.max(0.1, Number(value) || 1))}
        />
        <Button
          size="sm"
          variant="default"
          disabled={count < 2}
          leftSection={<SquareSplitHorizontal size={16} />}
          onClick={() => void split()}
        >
          {count < 2 ? t("Split") : t("Split into {{count}}", { count })}
        </Button>
      </div>
      <Button
        size="sm"
        variant="default"
        style={{ gridColumn: "1 / -1" }}
        leftSection={<ScanSearch size={16} />}
        onClick={() => props.onFound([])}
      >
        {t("Find where something goes on…")}
      </Button>
    </div>
  );
}
