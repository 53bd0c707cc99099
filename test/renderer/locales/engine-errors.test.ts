/** Every error that the engine can give, as its sources put it together, is said in every language of the window. */
import i18next from "i18next";
import { beforeAll, describe, expect, test } from "vitest";
import { type EngineError, HOLE, readEngineSpeech } from "../../../scripts/engine-errors.ts";
import { parseDesignFile } from "../../../src-main/features/resolve-design.ts";
import { say } from "../../../src-renderer/locales/engine-texts.ts";
import { LANGUAGES } from "../../../src-renderer/locales/languages.ts";
import { LimpetError } from "../../../src-shared/errors.ts";

const { errors } = readEngineSpeech();
/** A language may leave the engine's sentences out as a whole, not in part. */
const others = Object.keys(LANGUAGES).filter((tag) => Object.keys(LANGUAGES[tag]?.engine ?? {}).length > 0);

/** Words that end in a translation only where a part of it stayed English; names and commands are taken out before. */
const ENGLISH =
  /(?<![\p{L}-])(the|is|are|of|not|and|has|have|with|from|cannot|its|than|must|that|this|there|they|where|while|before|should|holds)(?![\p{L}-])/iu;

/** What is filled in: a name, which no catalogue knows. */
const filled = (wording: string): string => wording.replaceAll(HOLE, "Q7").trim();

/** Wordings that the catalogue of the language in use does not have as a whole. */
function untranslated({ messages, hints }: Pick<EngineError, "messages" | "hints">): string[] {
  return [...messages, ...hints].map(filled).filter((wording) => {
    // No words of its own; or one that ends where a reason would follow, if there was one.
    if (!/\p{L}{2}/u.test(wording) || wording.endsWith(":")) return false;
    const { text, known } = say(wording);
    return !known || ENGLISH.test(text.replace(/`[^`]*`|"[^"]*"/g, ""));
  });
}

beforeAll(async () => {
  const resources = Object.fromEntries(
    Object.entries(LANGUAGES).map(([tag, { texts }]) => [tag, { translation: texts }]),
  );
  await i18next.init({ lng: "de", fallbackLng: "en", resources, keySeparator: false, nsSeparator: false });
});

describe("the reader of errors", () => {
  const saidBy = (file: string, part: keyof Pick<EngineError, "messages" | "hints">): readonly string[] =>
    errors.filter(({ where }) => where.startsWith(`src-main/${file}`)).flatMap((error) => error[part]);

  test("finds errors of every part of the engine, each with a message", () => {
    for (const part of [
      "boards",
      "conversion",
      "dataset",
      "deployment",
      "engine",
      "features",
      "services",
      "training",
    ]) {
      expect(
        errors.filter(({ where }) => where.startsWith(`src-main/${part}/`)).length,
        part,
      ).toBeGreaterThan(3);
    }
    expect(errors.filter(({ messages }) => messages.length === 0)).toEqual([]);
  });

  test("follows words through functions, choices and tables, across files", () => {
    // A reason handed to a function of another file.
    expect(saidBy("dataset/import/reader.ts", "messages")).toContain(`${HOLE}: the file is empty.`);
    expect(saidBy("dataset/import/reader.ts", "hints")).toContain("Divide it into several, or use WAV.");
    // One of a table, by a number that is known only at run time.
    expect(saidBy("boards/link/responses.ts", "messages")).toContain(
      `The board refused the command "${HOLE}": its flash memory failed.`,
    );
    // A choice between two.
    expect(saidBy("boards/firmware-image.ts", "messages")).toContain(
      "The firmware of the virtual board has not been built.",
    );
  });

  test("notices an error that nobody has translated, also where only its end is English", () => {
    const of = (message: string): string[] => untranslated({ messages: [message], hints: [] });
    expect(of("The engine has run out of string.")).toHaveLength(1);
    expect(of(`${HOLE} cannot be played: the string is too short.`)).toHaveLength(1);
    expect(of("No project is open.")).toEqual([]);
  });
});

describe.each(others)("in %s", (tag) => {
  beforeAll(() => i18next.changeLanguage(tag));

  test("every error of the engine has its message and its hint", () => {
    const missing = errors.flatMap((error) =>
      untranslated(error).map((wording) => `${error.where}: ${wording}`),
    );
    expect(missing).toEqual([]);
  });

  test("what a schema says of a design that does not fit is said as a whole", () => {
    const window = { lengthMs: 1000, strideMs: 500 };
    for (const design of [
      3,
      { window: { lengthMs: -1 } },
      { window: { lengthMs: 1e9 } },
      { window: { lengthMs: "long" } },
      { window, wheels: 4 },
      { window, network: { kind: "square" } },
      { window, network: { kind: "dense", units: [0] } },
      { window, network: { kind: "dense", units: Array(20).fill(3) } },
      { window, features: { block: "spectral", fftLength: 33 } },
      { window, normalisation: "sometimes" },
      { window, channels: [] },
      { window, channels: ["x"], inputs: [{ sensor: "a", features: { block: "raw" } }] },
      { window, training: { epochs: 1.5 } },
    ]) {
      let message = "";
      try {
        parseDesignFile(design);
      } catch (error) {
        if (error instanceof LimpetError) message = error.message;
      }
      expect(message, JSON.stringify(design)).not.toBe("");
      expect(untranslated({ messages: [message], hints: [] })).toEqual([]);
    }
  });

  test("a clause that stands alone, and one behind the name of a file, are the same clause", () => {
    const { text } = say("/data/pump.csv: line 4 has 3 values, 5 were expected.");
    expect(text).toBe(`/data/pump.csv: ${say("Line 4 has 3 values, 5 were expected.").text}`);
    expect(text).not.toMatch(ENGLISH);
  });

  test("a name with a colon, and a sentence of the user's, stay as they are", () => {
    for (const text of ["Pump: left", "Hall 3: the small one: by the door"]) {
      expect(say(text)).toEqual({ text, known: false });
    }
  });
});
