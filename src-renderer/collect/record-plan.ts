/** The plan "so many recordings of so many seconds of each class": what is done, what comes next, when to be reminded. No looks. */
import type { RecordingInfo } from "../../src-shared/contract/index.ts";
import type { RecorderSettings } from "./recorder-settings.ts";

export type PlanRow = { readonly label: string; readonly done: number; readonly wanted: number };

/** A recording that is this much shorter than planned does not count. */
const SHORT = 0.9;

/** How far each class is: whole recordings that are used and at least about as long as planned. */
export function planRows(
  labels: readonly string[],
  recordings: readonly RecordingInfo[],
  { takes, seconds }: Pick<RecorderSettings, "takes" | "seconds">,
): PlanRow[] {
  const done = new Map<string, number>();
  for (const one of recordings) {
    if (one.excluded || one.incomplete || one.seconds < SHORT * seconds) continue;
    done.set(one.label, (done.get(one.label) ?? 0) + 1);
  }
  return labels.map((label) => ({ label, done: Math.min(takes, done.get(label) ?? 0), wanted: takes }));
}

/** Recordings that are still to be made. */
export const planLeft = (rows: readonly PlanRow[]): number =>
  rows.reduce((sum, { done, wanted }) => sum + wanted - done, 0);

/** The class to go on with: the one in hand until it has enough, then the next one in order that is short. */
export function nextClass(rows: readonly PlanRow[], current: string | null): string | null {
  const short = rows.filter(({ done, wanted }) => done < wanted);
  return short.find(({ label }) => label === current)?.label ?? short[0]?.label ?? null;
}

/** Whether the user is to be reminded before the recording that follows `made` ones of a class in this run. */
export const isReminderDue = (
  made: number,
  { reminder, remindEvery }: Pick<RecorderSettings, "reminder" | "remindEvery">,
): boolean => reminder.trim() !== "" && made > 0 && made % Math.max(1, remindEvery) === 0;
