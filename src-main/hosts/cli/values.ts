/** Values of flags, and numbers as text, for commands. */
import { LimpetError } from "../../../src-shared/errors.ts";

/** The number of a flag, undefined where the flag is absent. Throws `usage` for anything else. */
export function numberOption(
  flag: string,
  text: string | undefined,
  range: {
    readonly above?: number;
    readonly min?: number;
    readonly max?: number;
    readonly whole?: boolean;
  } = {},
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = text.trim() === "" ? Number.NaN : Number(text);
  const fits =
    Number.isFinite(value) &&
    (range.above === undefined || value > range.above) &&
    (range.min === undefined || value >= range.min) &&
    (range.max === undefined || value <= range.max) &&
    (range.whole !== true || Number.isInteger(value));
  if (!fits) {
    const limits = [
      range.whole === true ? "a whole number" : "a number",
      range.above === undefined ? "" : `above ${range.above}`,
      range.min === undefined ? "" : `from ${range.min}`,
      range.max === undefined ? "" : `up to ${range.max}`,
    ].filter((part) => part !== "");
    throw new LimpetError("usage", `--${flag} ${text}: this is not ${limits.join(" ")}.`, {
      field: flag,
      hint: `Give --${flag} as ${limits.join(" ")}.`,
    });
  }
  return value;
}

/** A value out of a list. Throws `usage` for anything else. */
export function choiceOption<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) {
    throw new LimpetError("usage", `--${flag} ${text}: there is no such choice.`, {
      field: flag,
      hint: `Choose one of ${choices.join(", ")}.`,
    });
  }
  return found;
}

/** "1 recording", "2 recordings". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Lines of columns, each as wide as its widest cell; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, String(cell).length);
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          typeof cell === "number"
            ? String(cell).padStart(widths[index] ?? 0)
            : cell.padEnd(widths[index] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
