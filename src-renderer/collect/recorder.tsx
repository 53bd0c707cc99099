/** Recording from the board: class, length, countdown, progress, stop and cancel. */
import { Button, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { Circle, Square } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useEngine, useWork } from "../app/engine-context.ts";
import { connectedBoard, notifyError, useApp } from "../app/store.ts";
import { Card, ErrorMessage, Meter } from "../widgets/parts.tsx";

const COUNTDOWN_S = 3;

export function Recorder({
  label,
  group,
  onGroup,
}: {
  label: string;
  group: string;
  onGroup: (group: string) => void;
}) {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard);
  const state = useApp((app) => app.recording);
  const record = useWork("recording:start");
  const [seconds, setSeconds] = useState(5);
  const [countdown, setCountdown] = useState(COUNTDOWN_S);
  const [left, setLeft] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const { start } = record;

  const begin = useCallback(() => {
    setLeft(null);
    void start({ label, seconds, group: group.trim() === "" ? null : group.trim() });
  }, [start, label, seconds, group]);
  const tick = useCallback(
    (remaining: number) => {
      if (remaining === 0) begin();
      else {
        setLeft(remaining);
        timer.current = setTimeout(() => tick(remaining - 1), 1000);
      }
    },
    [begin],
  );
  const stopCountdown = (): void => {
    if (timer.current !== null) clearTimeout(timer.current);
    setLeft(null);
  };
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  const idle = !record.running && left === null;
  const press = useCallback(() => {
    if (board !== null && label !== "" && idle) tick(countdown);
  }, [board, label, idle, tick, countdown]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (event.key === "r" && !event.ctrlKey && !event.metaKey && !typing) press();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [press]);

  return (
    <Card title={t("Record")}>
      <div className="row end">
        <NumberInput
          label={t("Seconds")}
          w={96}
          min={1}
          max={3600}
          value={seconds}
          onChange={(value) => setSeconds(Math.max(0.1, Number(value) || 1))}
        />
        <NativeSelect
          label={t("Countdown")}
          value={String(countdown)}
          onChange={(event) => setCountdown(Number(event.currentTarget.value))}
          data={["0", "3", "5", "10"].map((value) => ({ value, label: `${value} s` }))}
        />
        <TextInput
          className="grow"
          label={t("Group (machine, day, session)")}
          value={group}
          onChange={(event) => onGroup(event.currentTarget.value)}
        />
        {record.running ? (
          <>
            <Button
              leftSection={<Square size={15} />}
              onClick={() => void client.request("recording:stop", {}).catch(notifyError)}
            >
              {t("Stop and keep")}
            </Button>
            <Button variant="default" onClick={record.cancel}>
              {t("Cancel")}
            </Button>
          </>
        ) : left !== null ? (
          <Button variant="default" onClick={stopCountdown}>
            {t("Cancel")}
          </Button>
        ) : (
          <Button
            size="md"
            disabled={board === null || label === ""}
            leftSection={<Circle size={15} fill="currentColor" />}
            onClick={press}
            aria-keyshortcuts="r"
          >
            {label === "" ? t("Record") : t("Record “{{label}}”", { label })}
          </Button>
        )}
      </div>
      {board === null && (
        <p className="soft">
          {t("No board is connected. Choose one at the top left, or bring in files below.")}
        </p>
      )}
      <div aria-live="assertive">{left !== null && <p className="countdown">{left}</p>}</div>
      {record.running && state.kind === "recording" && (
        <Meter
          name={t("Recording")}
          value={state.seconds}
          limit={state.ofSeconds ?? Math.max(state.seconds, 1)}
          text={t("{{seconds}} s, {{lost}} samples lost", {
            seconds: state.seconds.toFixed(1),
            lost: state.lostSamples,
          })}
        />
      )}
      <ErrorMessage error={record.error} />
      {record.result !== null && (
        <p role="status" className="soft">
          {t("Kept {{seconds}} s of “{{label}}”, {{lost}} samples lost.", {
            seconds: record.result.seconds.toFixed(1),
            label: record.result.label,
            lost: record.result.lostSamples,
          })}
        </p>
      )}
    </Card>
  );
}
