/**
 * How a board is to run by itself: from what people wish for to section ALON of a package (docs/model-package.md). Knows labels and windows
 * of a package; not who wishes.
 */
import { LimpetError } from "../../src-shared/errors.ts";
import { type PackageAlone, withAlone } from "./model-package.ts";
import { summarisePackage } from "./package-summary.ts";

export type AloneWishes = {
  /** Milliseconds between the starts of two windows, between which the board rests; 0 or absent: they follow each other. */
  readonly everyMs?: number | undefined;
  /** Labels that the board's light shows, `unknown` among them where it shall show that; absent: unknown alone. */
  readonly light?: readonly string[] | undefined;
  /** Windows in a row that must be called alike until the state counts as changed; absent: 1. */
  readonly confirm?: number | undefined;
};

/** The board's answer where no label fits, as `light` names it. */
export const UNKNOWN = "unknown";
/** As the board has it without section ALON. */
const GRACE_MS = 10_000;
export const MAX_CONFIRM = 255;
const MAX_EVERY_MS = 2 ** 32 - 1;

/**
 * The package for these wishes; the same one where there are none. Throws `usage` (field `every`, `light` or `confirm`) for what the board
 * cannot do.
 */
export function forAlone(modelPackage: Uint8Array, wishes: AloneWishes): Uint8Array {
  const { everyMs = 0, light, confirm = 1 } = wishes;
  if (everyMs === 0 && light === undefined && confirm === 1) return modelPackage;
  const { labels, inputs } = summarisePackage(modelPackage);
  const windowMs = Math.max(...inputs.map(({ windowSamples, rateHz }) => (1000 * windowSamples) / rateHz));
  if (everyMs !== 0 && !(everyMs >= windowMs && everyMs <= MAX_EVERY_MS)) {
    throw new LimpetError(
      "usage",
      `A window every ${everyMs / 1000} s cannot be: one of this model takes ${(windowMs / 1000).toFixed(2)} s.`,
      { field: "every", hint: "Choose a longer time, or 0 for windows that follow each other." },
    );
  }
  if (!(Number.isInteger(confirm) && confirm >= 1 && confirm <= MAX_CONFIRM)) {
    throw new LimpetError("usage", `${confirm} is not a number of windows.`, {
      field: "confirm",
      hint: `Give a whole number from 1 to ${MAX_CONFIRM}.`,
    });
  }
  return withAlone(modelPackage, {
    periodMs: Math.round(everyMs),
    graceMs: GRACE_MS,
    confirm,
    ...shown(labels, light),
  });
}

function shown(
  labels: readonly string[],
  light: readonly string[] | undefined,
): Pick<PackageAlone, "labels" | "unknown"> {
  if (light === undefined) return { labels: [], unknown: true };
  const names = light.filter((name) => name !== UNKNOWN || labels.includes(name));
  const strange = names.find((name) => !labels.includes(name));
  if (strange !== undefined) {
    throw new LimpetError("usage", `The model has no class ${strange} that the light could show.`, {
      field: "light",
      hint: `Choose among ${[...labels, UNKNOWN].join(", ")}.`,
    });
  }
  return { labels: names.map((name) => labels.indexOf(name)), unknown: light.includes(UNKNOWN) };
}
