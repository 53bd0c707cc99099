/** Which sensors are recorded at which rates. Knows what boards and recordings say of themselves, no looks. */
import type { BoardInfo, RecordingInfo } from "../../src-shared/contract/index.ts";
import type { RecorderSettings } from "./recorder-settings.ts";

/** The rate that most of the project's recordings of each sensor have. */
export function ratesOf(recordings: readonly RecordingInfo[]): ReadonlyMap<string, number> {
  const counts = new Map<string, Map<number, number>>();
  for (const { streams } of recordings) {
    for (const { sensor, rateHz } of streams) {
      const own = counts.get(sensor) ?? new Map<number, number>();
      counts.set(sensor, own.set(rateHz, (own.get(rateHz) ?? 0) + 1));
    }
  }
  return new Map(
    [...counts].map(([sensor, own]) => [sensor, [...own].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0]),
  );
}

/** The rate that a sensor is recorded at: the chosen one, else that of the project's other recordings, else the board's first. */
export function rateOf(
  sensor: BoardInfo["sensors"][number],
  chosen: Readonly<Record<string, number>>,
  others: ReadonlyMap<string, number>,
): number | undefined {
  const wanted = chosen[sensor.id] ?? others.get(sensor.id);
  return wanted !== undefined && sensor.rates.includes(wanted) ? wanted : sensor.rates[0];
}

/** The sensors to be recorded; none named where all of them are, at their first rates. */
export function sensorsOf(
  board: BoardInfo | null,
  { without, rates }: Pick<RecorderSettings, "without" | "rates">,
  others: ReadonlyMap<string, number> = new Map(),
): { id: string; rateHz?: number }[] {
  const all = board?.sensors ?? [];
  const some = all.filter(({ id }) => !without.includes(id));
  const used = some.length === 0 ? all : some;
  const wanted = used.map((sensor) => {
    const rateHz = rateOf(sensor, rates, others);
    return rateHz === undefined || rateHz === sensor.rates[0] ? { id: sensor.id } : { id: sensor.id, rateHz };
  });
  return used.length === all.length && wanted.every((one) => !("rateHz" in one)) ? [] : wanted;
}
