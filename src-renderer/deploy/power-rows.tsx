/** What a model takes on a board, and which period between windows reaches which goal: rows for a card. Knows no board. */
import { useTranslation } from "react-i18next";
import type { PowerBudget } from "../../src-shared/contract/index.ts";
import { said } from "../locales/engine-texts.ts";
import { grouped } from "../locales/format.ts";

type Reach = PowerBudget["reaches"][number];

/** Microwatts below a tenth of a milliwatt, so that small figures keep their digits. */
export function powerText(milliwatts: number): string {
  const micro = milliwatts < 0.1;
  const value = micro ? 1000 * milliwatts : milliwatts;
  return `${grouped(value, value < 10 ? 2 : value < 100 ? 1 : 0)}\u00a0${micro ? "µW" : "mW"}`;
}

/** Seconds up to two minutes, then minutes, then hours. */
function period(everyMs: number): string {
  const seconds = everyMs / 1000;
  if (seconds < 120) return `${grouped(seconds, seconds < 10 ? 1 : 0)}\u00a0s`;
  return seconds < 7200 ? `${grouped(seconds / 60, 0)}\u00a0min` : `${grouped(seconds / 3600, 1)}\u00a0h`;
}

export function PowerRows({ budget }: { budget: PowerBudget }) {
  const { t } = useTranslation();
  const { everyMs, milliwatts, continuousMilliwatts, sleepMicrowatts, reaches, part, notes } = budget;
  return (
    <section className="power-rows" aria-label={t("Power")}>
      <dl className="pairs">
        {everyMs > 0 && (
          <div>
            <dt>{t("A window every {{period}}", { period: period(everyMs) })}</dt>
            <dd>{powerText(milliwatts)}</dd>
          </div>
        )}
        <div>
          <dt>{t("Windows one after the other")}</dt>
          <dd>{powerText(continuousMilliwatts)}</dd>
        </div>
        <div>
          <dt>{t("Asleep between windows")}</dt>
          <dd>{powerText(sleepMicrowatts / 1000)}</dd>
        </div>
        {reaches.map((reach) => (
          <div key={reach.goal}>
            <dt>{t(`power.${reach.goal}`)}</dt>
            <dd>
              <ReachText reach={reach} />
            </dd>
          </div>
        ))}
      </dl>
      <p className="soft small">{[`${said(part)}.`, ...notes.map(said)].join(" ")}</p>
    </section>
  );
}

function ReachText({ reach: { goal, everyMs, days } }: { reach: Reach }) {
  const { t } = useTranslation();
  if (everyMs === null) return t("no period is long enough");
  const how = everyMs === 0 ? t("without a pause") : t("every {{period}}", { period: period(everyMs) });
  // A year is a year; of a power it is worth saying how long it lasts.
  if (days === null || goal === "year-on-cr2032" || goal === "year-on-two-aa") return how;
  return `${how} · ${t("{{days}} days on a CR2032", { days: Math.floor(days) })}`;
}
