/** The search for a better design within a board's limits: how long, for which board, what was found so far, which to take. */
import { Button, NativeSelect, NumberInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TuneResult } from "../../src-shared/contract/index.ts";
import { useEngine } from "../app/engine-context.ts";
import { useKeptWork } from "../app/kept-work.ts";
import { connectedBoard, currentExperiment, notifyError, useApp } from "../app/store.ts";
import { fixed, kilobytes, percent } from "../locales/format.ts";
import { Card, ErrorMessage, WorkProgress } from "../widgets/parts.tsx";
import { ScrollX } from "../widgets/scroll-x.tsx";
import { TuneChart } from "./tune-chart.tsx";

/** Kinds of board whose limits are known (resources/boards). */
const BOARDS = [
  { value: "microbit-v2", label: "micro:bit v2" },
  { value: "nano-33-ble", label: "Arduino Nano 33 BLE" },
  { value: "xiao-nrf52840-sense", label: "XIAO nRF52840 Sense" },
  { value: "pico", label: "Raspberry Pi Pico" },
  { value: "stm32f4-discovery", label: "STM32F4 Discovery" },
  { value: "virtual", label: "Virtual board" },
] as const;

const MINUTES = [1, 3, 10, 30, 60, 180];

export function TuneView() {
  const { t } = useTranslation();
  const client = useEngine();
  const board = useApp(connectedBoard)?.board ?? null;
  const tuning = useApp((state) => state.tuning);
  const regression = useApp((state) => state.summary?.goal.task === "regression");
  const inHand = useApp(currentExperiment);
  const tune = useKeptWork("training:tune");
  const [minutes, setMinutes] = useState(3);
  const [kind, setKind] = useState<string | null>(null);
  const [ram, setRam] = useState<number | null>(null);
  const [flash, setFlash] = useState<number | null>(null);
  const [latency, setLatency] = useState<number | null>(null);
  const chosen = kind ?? BOARDS.find(({ value }) => value === board)?.value ?? "microbit-v2";
  const results = tune.result ?? tuning?.results ?? [];
  const start = (): void => {
    // Runs that are found do not take the place of the one in hand by themselves.
    useApp.setState({ tuning: null, experiment: inHand?.id ?? null });
    void tune.start({
      minutes,
      board: chosen,
      limits: {
        ...(ram === null ? {} : { ramKb: ram }),
        ...(flash === null ? {} : { flashKb: flash }),
        ...(latency === null ? {} : { latencyMs: latency }),
      },
    });
  };
  const limit = (value: string | number): number | null => (Number(value) > 0 ? Number(value) : null);
  return (
    <>
      <Card title={t("Find a better design")}>
        <p className="soft">
          {t(
            "Tries windows, features and networks that fit on the board, begins with the recommended design, and keeps the best as experiments. Validation recordings decide; the held-back ones are not looked at.",
          )}
        </p>
        <div className="row end tune-form">
          <NativeSelect
            label={t("How long")}
            value={String(minutes)}
            disabled={tune.running}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
            data={MINUTES.map((value) => ({
              value: String(value),
              label: t("{{count}} min", { count: value }),
            }))}
          />
          <NativeSelect
            label={t("For the board")}
            value={chosen}
            disabled={tune.running}
            onChange={(event) => setKind(event.currentTarget.value)}
            data={BOARDS.map(({ value, label }) => ({ value, label: t(label) }))}
          />
          <NumberInput
            label={t("RAM at most (kB)")}
            placeholder={t("as the board")}
            min={1}
            disabled={tune.running}
            value={ram ?? ""}
            onChange={(value) => setRam(limit(value))}
          />
          <NumberInput
            label={t("Flash at most (kB)")}
            placeholder={t("as the board")}
            min={1}
            disabled={tune.running}
            value={flash ?? ""}
            onChange={(value) => setFlash(limit(value))}
          />
          <NumberInput
            label={t("Time at most (ms)")}
            placeholder={t("any")}
            min={1}
            disabled={tune.running}
            value={latency ?? ""}
            onChange={(value) => setLatency(limit(value))}
          />
          <span className="grow" />
          {tune.running ? (
            <Button onClick={() => void client.request("training:stop", {}).catch(notifyError)}>
              {t("Stop and keep best")}
            </Button>
          ) : (
            <Button onClick={start}>{results.length === 0 ? t("Search") : t("Search again")}</Button>
          )}
        </div>
        <ErrorMessage error={tune.error} />
      </Card>
      {tune.running && (
        <WorkProgress
          title={t("Searching")}
          stage={
            tuning === null
              ? tune.stage
              : t("{{tried}} designs tried, {{refused}} refused before training because they do not fit", {
                  tried: tuning.tried,
                  refused: tuning.refused,
                })
          }
          fraction={tune.fraction}
          startedAt={tune.startedAt}
          onCancel={tune.cancel}
        />
      )}
      {results.length > 0 && (
        <Card
          title={
            tune.running
              ? t("Found so far ({{count}})", { count: results.length })
              : t("Found ({{count}})", { count: results.length })
          }
        >
          <div className="tune-results">
            <Results results={results} regression={regression} running={tune.running} />
            <TuneChart results={results} regression={regression} />
          </div>
        </Card>
      )}
    </>
  );
}

function Results(props: { results: readonly TuneResult[]; regression: boolean; running: boolean }) {
  const { t } = useTranslation();
  const current = useApp(currentExperiment);
  const write = (share: number): string => (props.regression ? fixed(share, 3) : percent(share));
  const take = (one: TuneResult): void => {
    useApp.setState({ experiment: one.experiment, epochs: [] });
    useApp
      .getState()
      .notify({ level: "good", message: t("“{{name}}” is now the current one.", { name: one.name }) });
  };
  return (
    <ScrollX name={t("Find a better design")}>
      <table className="list">
        <thead>
          <tr>
            <th>{t("Design")}</th>
            <th
              className="num"
              title={t("On the validation windows, with its standard error over recordings")}
            >
              {props.regression ? "R²" : t("Validation")}
            </th>
            <th className="num">int8</th>
            <th className="num">{t("RAM")}</th>
            <th className="num">{t("Flash")}</th>
            <th className="num">{t("Time")}</th>
            <th>
              <span className="visually-hidden">{t("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {props.results.map((one) => (
            <tr key={one.experiment} data-chosen={one.experiment === current?.id}>
              <td>
                {one.name}{" "}
                {one.recommended && (
                  <span
                    className="tag"
                    data-level="good"
                    title={t("The smallest that is as good as the best within its standard error")}
                  >
                    {t("recommended")}
                  </span>
                )}{" "}
                {one.start !== null && (
                  <span className="tag">{one.start === "preset" ? t("ready-made") : t("your design")}</span>
                )}
              </td>
              <td className="num">
                <b>{write(one.accuracy)}</b>
                <small className="soft"> ± {write(one.standardError)}</small>
              </td>
              <td className="num">{write(one.int8Accuracy)}</td>
              <td className="num">{kilobytes(one.ram)}</td>
              <td className="num">{kilobytes(one.flash)}</td>
              <td className="num">{fixed(one.latencyMs, 1)} ms</td>
              <td>
                {one.experiment === current?.id ? (
                  <span className="tag">{t("current")}</span>
                ) : (
                  <Button
                    size="xs"
                    variant={one.recommended && !props.running ? "filled" : "default"}
                    disabled={props.running}
                    onClick={() => take(one)}
                  >
                    {t("Use this one")}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollX>
  );
}
