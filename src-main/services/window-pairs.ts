/** Windows of two designs that look at the same moment: what two models can be compared on. Pure. */

type Place = { readonly recording: { readonly id: number }; readonly startMs: number };

/**
 * Pairs of indices into `first` and `second`, in the order of `first`. Where their windows begin at different times (another stride, or
 * another sensor that leads), each window of the one that has fewer in a recording goes with the nearest of the other, at most half the
 * distance of that one's windows away. No window is in two pairs.
 */
export function pairWindows(first: readonly Place[], second: readonly Place[]): [number, number][] {
  const seconds = byRecording(second);
  return [...byRecording(first)]
    .flatMap(([recording, own]) => pairsIn(own, first, seconds.get(recording) ?? [], second))
    .sort(([a], [b]) => a - b);
}

function byRecording(windows: readonly Place[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [index, { recording }] of windows.entries()) {
    const list = places.get(recording.id);
    if (list === undefined) places.set(recording.id, [index]);
    else list.push(index);
  }
  return places;
}

function pairsIn(
  a: readonly number[],
  first: readonly Place[],
  b: readonly number[],
  second: readonly Place[],
): [number, number][] {
  if (a.length > b.length) return pairsIn(b, second, a, first).map(([x, y]) => [y, x]);
  const times = b.map((index) => second[index]?.startMs ?? 0);
  const reach = smallestDistance(times) / 2;
  const pairs: [number, number][] = [];
  let next = 0;
  for (const index of a) {
    const at = first[index]?.startMs ?? 0;
    const away = (place: number): number => Math.abs((times[place] ?? Number.POSITIVE_INFINITY) - at);
    while (away(next + 1) < away(next)) next++;
    if (next >= times.length || away(next) > reach) continue;
    pairs.push([index, b[next] as number]);
    next++;
  }
  return pairs;
}

/** Of times in order; without limit where there is one only. */
const smallestDistance = (times: readonly number[]): number =>
  times.reduce(
    (least, time, index) => (index === 0 ? least : Math.min(least, time - (times[index - 1] as number))),
    Number.POSITIVE_INFINITY,
  );
