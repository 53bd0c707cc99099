/** The marked part of a recording: what it measures, and cutting by it. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { Crop, Scissors, SquareSplitHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import { useAnswer, useEngine } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { shortNumber } from "./draw-lanes.ts";
import { useLabels } from "./parts.tsx";
import { cutRecording } from "./recording-edits.ts";
import type { Span } from "./signal-view.ts";

export function CutPanel(props: {
  recording: RecordingInfo;
  marked: Span | null;
  span: Span;
  onMark: (span: Span | null) => void;
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
            ? t("In sight: {{from}} to {{to}} s", fixed(props.span))
            : t("Marked: {{from}} to {{to}} s ({{length}} s)", {
                ...fixed(marked),
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
      {marked === null ? (
        <SplitEvenly recording={recording} onReplaced={props.onReplaced} />
      ) : (
        <MarkedActions {...props} marked={marked} />
      )}
    </section>
  );
}

const fixed = ({ from, to }: Span) => ({ from: from.toFixed(2), to: to.toFixed(2) });

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

function SplitEvenly(props: { recording: RecordingInfo; onReplaced: (ids: readonly number[]) => void }) {
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
    </div>
  );
}
