/** The plan: so many recordings of every class, how far each is, what to be reminded of, and one button that goes through it. */
import { Button, NumberInput, TextInput } from "@mantine/core";
import { ListChecks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp } from "../app/store.ts";
import { classMark } from "../widgets/parts.tsx";
import { planLeft, planRows } from "./record-plan.ts";
import { totalSeconds, useRecorderSettings } from "./recorder-settings.ts";
import type { Recorder } from "./use-recorder.ts";

export function PlanCard({ recorder, labels }: { recorder: Recorder; labels: readonly string[] }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const recordings = useApp((app) => app.recordings);
  const rows = planRows(labels, recordings, settings);
  const left = planLeft(rows);
  const seconds = totalSeconds(settings, left);
  return (
    <div className="plan">
      <PlanBars labels={labels} />
      <div className="row end">
        <TextInput
          className="grow"
          label={t("Remind me to")}
          placeholder={t("change the speed")}
          value={settings.reminder}
          onChange={(event) => settings.set({ reminder: event.currentTarget.value })}
        />
        <NumberInput
          label={t("after every")}
          w={100}
          min={1}
          max={200}
          disabled={settings.reminder.trim() === ""}
          value={settings.remindEvery}
          onChange={(value) => settings.set({ remindEvery: Math.max(1, Math.round(Number(value) || 1)) })}
        />
        <Button
          size="md"
          leftSection={<ListChecks size={18} />}
          disabled={left === 0}
          onClick={() => recorder.recordPlan(labels)}
        >
          {left === 0 ? t("All recorded") : t("Record the plan")}
        </Button>
      </div>
      <p className="soft small">
        {left === 0
          ? t("Every class has its {{count}} recordings of {{seconds}} s.", {
              count: settings.takes,
              seconds: settings.seconds,
            })
          : seconds === null
            ? t("{{left}} recordings left.", { left })
            : t(
                "{{left}} recordings left, about {{minutes}} minutes. It waits for you before each new class.",
                {
                  left,
                  minutes: Math.max(1, Math.ceil(seconds / 60)),
                },
              )}
      </p>
    </div>
  );
}

/** How far each class is. */
export function PlanBars({ labels, active }: { labels: readonly string[]; active?: string | undefined }) {
  const { t } = useTranslation();
  const settings = useRecorderSettings();
  const recordings = useApp((app) => app.recordings);
  const rows = planRows(labels, recordings, settings);
  return (
    <ul className="plan-bars" aria-label={t("Plan")}>
      {rows.map(({ label, done, wanted }) => (
        <li key={label} data-active={label === active}>
          <span aria-hidden style={{ color: classMark(labels, label).color }}>
            {classMark(labels, label).shape}
          </span>
          <span className="plan-name">{label}</span>
          <span className="bar" aria-hidden data-full={done >= wanted}>
            <i style={{ width: `${(done / wanted) * 100}%` }} />
          </span>
          <span className="figures">{t("{{done}} of {{wanted}}", { done, wanted })}</span>
        </li>
      ))}
    </ul>
  );
}
