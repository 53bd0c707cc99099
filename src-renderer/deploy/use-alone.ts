/** How a board shall run by itself, remembered on this computer for each project. Knows no looks. */
import { useState } from "react";
import { UNKNOWN } from "./live-answers.ts";

export type Alone = {
  /** Milliseconds between the starts of two windows; 0: they follow each other. */
  readonly everyMs: number;
  readonly light: readonly string[];
  readonly confirm: number;
};

export const USUAL: Alone = { everyMs: 0, light: [UNKNOWN], confirm: 1 };

const keyOf = (project: string): string => `limpet.alone:${project}`;

/** What was kept, as far as it can be used. */
export function readAlone(text: string | null): Alone {
  try {
    const given = JSON.parse(text ?? "null") as Partial<Record<keyof Alone, unknown>> | null;
    return {
      everyMs: typeof given?.everyMs === "number" && given.everyMs >= 0 ? given.everyMs : USUAL.everyMs,
      light: Array.isArray(given?.light)
        ? given.light.filter((label) => typeof label === "string")
        : USUAL.light,
      confirm:
        Number.isInteger(given?.confirm) && (given?.confirm as number) >= 1
          ? Math.min(255, given?.confirm as number)
          : USUAL.confirm,
    };
  } catch {
    return USUAL;
  }
}

export function useAlone(project: string): readonly [Alone, (alone: Alone) => void] {
  const [alone, setAlone] = useState(() => readAlone(localStorage.getItem(keyOf(project))));
  return [
    alone,
    (next) => {
      localStorage.setItem(keyOf(project), JSON.stringify(next));
      setAlone(next);
    },
  ];
}

/** The request's part: what is as usual is left out, so that the package is that of the experiment itself. */
export function aloneRequest(
  alone: Alone,
  labels: readonly string[],
): { everyMs?: number; light?: string[]; confirm?: number } {
  const light = alone.light.filter((label) => label === UNKNOWN || labels.includes(label));
  const usual = light.length === 1 && light[0] === UNKNOWN;
  return {
    ...(alone.everyMs === 0 ? {} : { everyMs: alone.everyMs }),
    ...(usual || labels.length === 0 ? {} : { light }),
    ...(alone.confirm === 1 ? {} : { confirm: alone.confirm }),
  };
}
