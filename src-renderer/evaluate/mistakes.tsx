/** The windows that were called wrong, worst first, each with its wave; the chosen one is shown large, with what can be done. */
import { Button } from "@mantine/core";
import { ArrowRight } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { EvaluationReport } from "../../src-shared/contract/index.ts";
import { useApp } from "../app/store.ts";
import { fixed, grouped, percent } from "../locales/format.ts";
import { Card, classMark, useLabels } from "../widgets/parts.tsx";
import { Thumbnail } from "../widgets/thumbnail.tsx";
import { type Mistake, MistakeDetail } from "./mistake-detail.tsx";

const FIRST = 12;
const MOST = 300;

const keyOf = ({ recording, startMs }: Mistake): string => `${recording} ${startMs}`;

export function Mistakes({ report, windowMs }: { report: EvaluationReport; windowMs: number }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const values = report.regression !== undefined;
  const shown = report.mistakes.slice(0, all ? MOST : FIRST);
  const found = shown.findIndex((one) => keyOf(one) === chosen);
  const at = Math.max(0, found);
  const one = shown[at];
  // The keys move the focus too, so that the list scrolls with it.
  useEffect(() => {
    if (chosen !== null) list.current?.querySelector<HTMLElement>("[aria-current]")?.focus();
  }, [chosen]);
  const move = (event: React.KeyboardEvent): void => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const next = shown[at + step];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    setChosen(keyOf(next));
  };
  return (
    <Card
      title={
        values
          ? t("Furthest off ({{count}})", { count: report.mistakes.length })
          : t("Called wrong, worst first ({{count}})", { count: report.mistakes.length })
      }
    >
      {one === undefined ? (
        <p className="soft">{t("No window of the test was called wrong.")}</p>
      ) : (
        <div className="mistake-pane">
          <div>
            <ul className="mistakes" ref={list} onKeyDown={move}>
              {shown.map((entry, index) => (
                <Row
                  key={keyOf(entry)}
                  one={entry}
                  windowMs={windowMs}
                  values={values}
                  current={index === at}
                  onChoose={() => setChosen(keyOf(entry))}
                />
              ))}
            </ul>
            {!all && report.mistakes.length > FIRST && (
              <Button variant="default" size="xs" style={{ marginTop: 8 }} onClick={() => setAll(true)}>
                {t("Show {{count}} more", { count: Math.min(MOST, report.mistakes.length) - FIRST })}
              </Button>
            )}
          </div>
          <MistakeDetail key={keyOf(one)} one={one} windowMs={windowMs} values={values} />
        </div>
      )}
    </Card>
  );
}

function Row(props: {
  one: Mistake;
  windowMs: number;
  values: boolean;
  current: boolean;
  onChoose: () => void;
}) {
  const { t } = useTranslation();
  const { one, windowMs } = props;
  const labels = useLabels();
  const recording = useApp((state) => state.recordings.find(({ id }) => id === one.recording));
  const window = { fromMs: one.startMs, toMs: one.startMs + windowMs };
  const mark = (label: string) => (
    <>
      <span aria-hidden style={{ color: classMark(labels, label).color }}>
        {classMark(labels, label).shape}
      </span>{" "}
      {props.values ? grouped(Number(label), 3) : label}
    </>
  );
  return (
    <li>
      <button
        type="button"
        className="mistake"
        data-gone={recording === undefined || recording.excluded}
        tabIndex={props.current ? 0 : -1}
        {...(props.current ? { "aria-current": "true" as const } : {})}
        onClick={props.onChoose}
      >
        <Thumbnail stream={recording?.streams[0]} window={window} />
        <span className="what">
          <b>{one.recordingName}</b>
          <small>
            {t("{{from}} to {{to}} s", {
              from: fixed(window.fromMs / 1000, 1),
              to: fixed(window.toMs / 1000, 1),
            })}
            {recording === undefined && ` · ${t("changed since")}`}
            {recording?.excluded === true && ` · ${t("excluded")}`}
          </small>
          <span className="pair">
            <span className="visually-hidden">{t("was")}</span>
            {mark(one.label)}
            <ArrowRight size={13} aria-hidden />
            <span className="visually-hidden">{t("called")}</span>
            {mark(one.predicted)}
          </span>
        </span>
        <span className="num">{props.values ? grouped(one.score, 3) : percent(one.score)}</span>
      </button>
    </li>
  );
}
