/** How the board runs by itself once the laptop is gone: how often it listens, what its light shows, how sure a change must be. */
import { Checkbox, NativeSelect, NumberInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo } from "../../src-shared/contract/index.ts";
import { Card, useLabels } from "../widgets/parts.tsx";
import { UNKNOWN } from "./live-answers.ts";
import { powerText } from "./power-rows.tsx";
import type { Alone } from "./use-alone.ts";
import { useReckonedPower } from "./use-reckoned-power.ts";

/** Periods to choose from, milliseconds; 0: windows follow each other. */
const PERIODS = [0, 1000, 5000, 10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];

export function AloneCard(props: {
  experiment: ExperimentInfo;
  alone: Alone;
  onChange: (alone: Alone) => void;
}) {
  const { t } = useTranslation();
  const { experiment, alone, onChange } = props;
  const words = (ms: number): string =>
    ms === 0
      ? t("always, window after window")
      : ms < 120_000
        ? t("one window every {{count}} s", { count: ms / 1000 })
        : ms < 3_600_000
          ? t("one window every {{count}} min", { count: ms / 60_000 })
          : t("one window every {{count}} h", { count: ms / 3_600_000 });
  const reckoned = useReckonedPower(experiment.id, alone.everyMs);
  const goalOf = (ms: number): string => {
    const goal = reckoned?.goals.get(ms);
    return goal === undefined ? "" : ` · ${t(`power.${goal}`)}`;
  };
  const known = useLabels();
  // In the order in which classes are named everywhere; the model's own is that of the alphabet.
  const labels = [
    ...known.filter((one) => experiment.labels.includes(one)),
    ...experiment.labels,
    UNKNOWN,
  ].filter((one, at, all) => all.indexOf(one) === at);
  const toggle = (label: string): void =>
    onChange({
      ...alone,
      light: labels.filter((one) => (one === label ? !alone.light.includes(one) : alone.light.includes(one))),
    });
  return (
    <Card title={t("When it runs by itself")}>
      <div className="alone">
        <NativeSelect
          label={t("It listens")}
          value={String(alone.everyMs)}
          onChange={(event) => onChange({ ...alone, everyMs: Number(event.currentTarget.value) })}
          data={[...new Set([...PERIODS, ...(reckoned?.goals.keys() ?? []), alone.everyMs])]
            .sort((a, b) => a - b)
            .map((value) => ({ value: String(value), label: `${words(value)}${goalOf(value)}` }))}
        />
        <NumberInput
          label={t("Windows in a row that must agree before a new state counts")}
          min={1}
          max={255}
          value={alone.confirm}
          onChange={(value) =>
            onChange({ ...alone, confirm: Math.min(255, Math.max(1, Math.round(Number(value)))) })
          }
        />
        {experiment.task === "classification" && (
          <fieldset className="channels">
            <legend>{t("Its light shows")}</legend>
            {labels.map((label) => (
              <Checkbox
                key={label}
                label={label === UNKNOWN ? t("unknown") : label}
                checked={alone.light.includes(label)}
                onChange={() => toggle(label)}
              />
            ))}
          </fieldset>
        )}
      </div>
      <p className="soft small">
        {alone.everyMs === 0
          ? t("It misses nothing and takes the most power. It notes each change of state in its own log.")
          : t("Between windows it rests, which saves power; what happens meanwhile it does not see.")}{" "}
        {t("It goes onto the board together with the model.")}
      </p>
      {reckoned !== null && (
        <p className="small">
          {t("About {{power}}, calculated for {{board}}: {{days}} days on a CR2032.", {
            power: powerText(reckoned.budget.milliwatts),
            board: reckoned.board,
            days: Math.floor(reckoned.budget.batteryDays.cr2032 ?? 0),
          })}
        </p>
      )}
    </Card>
  );
}
