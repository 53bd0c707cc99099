/** A power budget as lines for people. */
import type { PowerBudget } from "../../../src-shared/contract/index.ts";

type Reach = PowerBudget["reaches"][number];

const GOALS: Readonly<Record<Reach["goal"], string>> = {
  "goal-power": "the goal",
  "one-milliwatt": "1 mW",
  "year-on-cr2032": "a year on a CR2032",
  "year-on-two-aa": "a year on two AA cells",
};

const milliwattText = (milliwatts: number): string =>
  milliwatts < 0.1 ? `${(1000 * milliwatts).toPrecision(2)} µW` : `${milliwatts.toPrecision(3)} mW`;

/** A period in the seconds that `--every` takes. */
const periodText = (everyMs: number): string => `${everyMs / 1000} s`;

const daysText = (days: number | null): string => (days === null ? "-" : `${Math.floor(days)} days`);

/** Rows for a table: a name and what it says. */
export function budgetRows(budget: PowerBudget): [string, string][] {
  const { everyMs, milliwatts, continuousMilliwatts, sleepMicrowatts, batteryDays } = budget;
  const asDeployed =
    everyMs === 0
      ? `${milliwattText(continuousMilliwatts)} with windows one after the other`
      : `${milliwattText(milliwatts)} with a window every ${periodText(everyMs)}, ${milliwattText(continuousMilliwatts)} with one after the other`;
  return [
    ["power", `${asDeployed}, ${milliwattText(sleepMicrowatts / 1000)} asleep (${budget.part})`],
    ["battery", `CR2032 ${daysText(batteryDays.cr2032)}, two AA cells ${daysText(batteryDays.twoAa)}`],
    ...budget.reaches.map((reach): [string, string] => [GOALS[reach.goal], reachText(reach)]),
  ];
}

/** What reaches a goal. */
function reachText({ everyMs, milliwatts, days, reason }: Reach): string {
  if (everyMs === null || milliwatts === null) return reason ?? "not reached";
  const figures = `${milliwattText(milliwatts)}, ${daysText(days)}`;
  return everyMs === 0
    ? `also with windows one after the other: ${figures}`
    : `a window every ${periodText(everyMs)}: ${figures}`;
}
