/** The board's own answers: large result held until it is stable, the last ten seconds, bars, and "that was wrong". */
import { Button } from "@mantine/core";
import { Play, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Prediction } from "../../src-shared/contract/index.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";
import { LiveTrace } from "../widgets/live-trace.tsx";
import { Card, classMark, ErrorMessage, Message, Meter, percent, useLabels } from "../widgets/parts.tsx";

const STRIP_MS = 10_000;
/** A new answer is shown large once it has come this often in a row. */
const STABLE = 2;
const KEEP_SECONDS = 5;

export function LivePanel() {
  const { t } = useTranslation();
  const client = useEngine();
  const labels = useLabels();
  const live = useWork("live:start");
  const keep = useWork("live:keep");
  const [on, setOn] = useState(false);
  const [answers, setAnswers] = useState<readonly Prediction[]>([]);
  const [held, setHeld] = useState<string | null>(null);
  useEffect(() => {
    const off = client.on("live:prediction", (one) =>
      setAnswers((before) => [
        ...before.filter(({ timeMs }) => timeMs > one.timeMs - STRIP_MS && timeMs < one.timeMs),
        one,
      ]),
    );
    return () => {
      off();
      client.request("live:stop", {}).catch(() => {});
      client.request("boards:preview", { on: false }).catch(() => {});
    };
  }, [client]);
  const last = answers.at(-1);
  useEffect(() => {
    const tail = answers.slice(-STABLE);
    const label = tail.at(-1)?.label;
    if (label !== undefined && (tail.every((one) => one.label === label) || answers.length === 1))
      setHeld(label);
  }, [answers]);
  const toggle = async (): Promise<void> => {
    if (on) {
      setOn(false);
      await client.request("live:stop", {}).catch(notifyError);
    } else {
      setAnswers([]);
      setHeld(null);
      if ((await live.start({})) !== null) setOn(true);
    }
  };
  return (
    <>
      <Card
        title={t("Live")}
        aside={
          <Button
            variant={on ? "default" : "filled"}
            loading={live.running}
            leftSection={on ? <Square size={15} /> : <Play size={15} />}
            onClick={() => void toggle()}
          >
            {on ? t("Stop live check") : t("Start live check")}
          </Button>
        }
      >
        <ErrorMessage error={live.error ?? keep.error} />
        {last === undefined ? (
          <p className="soft">
            {on
              ? t("Waiting for the first answer…")
              : t("The answers come from the board itself, from its own sensor.")}
          </p>
        ) : (
          <>
            <div className="grid2">
              <div className="now" role="status" aria-live="polite">
                <span className="soft">{t("Now")}</span>
                <b style={{ color: classMark(labels, held ?? last.label).color }}>
                  <span aria-hidden>{classMark(labels, held ?? last.label).shape}</span>{" "}
                  {last.value === undefined ? (held ?? last.label) : last.value.toFixed(3)}
                </b>
              </div>
              <div className="stack" style={{ gap: 8, alignContent: "center" }}>
                {Object.entries(last.scores).map(([label, score]) => (
                  <Meter key={label} name={label} value={score} limit={1} text={percent(score)} />
                ))}
              </div>
            </div>
            <h3>{t("Last 10 seconds")}</h3>
            <div className="strip" role="img" aria-label={answers.map(({ label }) => label).join(", ")}>
              {answers.map((one) => (
                <i
                  key={one.timeMs}
                  style={{ flex: 1, background: classMark(labels, one.label).color }}
                  title={one.label}
                >
                  {classMark(labels, one.label).shape}
                </i>
              ))}
            </div>
            <div className="row">
              <span>{t("Wrong? Keep the last {{seconds}} s as", { seconds: KEEP_SECONDS })}</span>
              {labels.map((label) => (
                <Button
                  key={label}
                  size="xs"
                  variant="default"
                  disabled={keep.running}
                  onClick={() => void keep.start({ label, seconds: KEEP_SECONDS })}
                >
                  {label}
                </Button>
              ))}
            </div>
            {keep.result !== null && (
              <Message
                level="good"
                message={t("Kept as “{{label}}”. It is in Collect.", { label: keep.result.label })}
                onClose={keep.clear}
              />
            )}
          </>
        )}
      </Card>
      {on && <LiveTrace preview={false} />}
    </>
  );
}
