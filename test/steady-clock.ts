/** Clocks for tests in which everything that has to do with time runs in this process: engine, and a simulated or a fake board. */
import { onTestFinished, vi } from "vitest";

/**
 * From here to the test's end time goes on in small equal steps that wait for this process: where the computer is busy elsewhere it stands
 * still, so that nothing comes late by it. Dates stay those of the computer.
 */
export function steadyClock(): void {
  vi.useFakeTimers({
    toFake: ["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    shouldAdvanceTime: true,
    advanceTimeDelta: 5,
  });
  onTestFinished(() => void vi.useRealTimers());
}

/**
 * From here to the test's end time leaps from one timer to the next as soon as nothing else is left to do: waits cost nothing, and a limit of
 * some milliseconds is never passed because the computer was busy. For tests in which nothing comes from outside of this process.
 */
export function leapingClock(): void {
  vi.useFakeTimers({
    toFake: [
      ...(["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const),
      ...(["setImmediate", "clearImmediate"] as const),
    ],
  });
  vi.setTimerTickMode("nextTimerAsync");
  onTestFinished(() => void vi.useRealTimers());
}
