/**
 * Regular expressions that come from a user or from somebody's project: compiled, and matched within a time. Some expressions take
 * ages on some texts ("catastrophic backtracking", such as (a+)+$), and a project from somebody else may hold one.
 */
import { createContext, Script } from "node:vm";
import { LimpetError } from "../../src-shared/errors.ts";

/** All texts together are given this long, milliseconds; an honest expression needs microseconds for each. */
const MATCH_MS = 2000;

const MATCH = new Script(
  "texts.map((text) => { const found = expression.exec(text); return found === null ? null : [...found]; })",
);

/** The place in which expressions run, so that they can be stopped: making one takes longer than matching. */
const context = createContext({});

/** Compiles. Throws `usage`, naming `field`. */
export function parsePattern(pattern: string, field: string): RegExp {
  try {
    return new RegExp(pattern, "u");
  } catch {
    try {
      return new RegExp(pattern);
    } catch (error) {
      throw new LimpetError(
        "usage",
        `${pattern} is not a regular expression: ${error instanceof Error ? error.message : ""}`,
        {
          field,
          hint: "Put a backslash before characters such as ( [ + that are meant as themselves.",
          cause: error,
        },
      );
    }
  }
}

/**
 * The first match in each text with its groups, null where there is none. Throws `usage`, naming `field`, where that takes too long.
 */
export function matchPattern(
  expression: RegExp,
  texts: readonly string[],
  field: string,
): ((string | undefined)[] | null)[] {
  context.texts = texts;
  context.expression = expression;
  try {
    const found = MATCH.runInContext(context, { timeout: MATCH_MS }) as ((string | undefined)[] | null)[];
    return found.map((groups) => (groups === null ? null : [...groups]));
  } catch (error) {
    throw new LimpetError("usage", `The regular expression ${expression.source} takes too long.`, {
      field,
      hint: "Write it more simply, without a repetition inside of a repetition such as (a+)+.",
      cause: error,
    });
  }
}
