/** The catalogues against the sources: no text of the window is missing, left over, or put together from other parts than in English. */
import { expect, test } from "vitest";
import { neededKeys, readTexts, withoutPlural } from "../../../scripts/texts.ts";
import en from "../../../src-renderer/locales/en.json" with { type: "json" };
import { bestLanguage, LANGUAGES } from "../../../src-renderer/locales/languages.ts";

const texts = readTexts();
const needed = neededKeys(texts, en);
const others = Object.entries(LANGUAGES).filter(([tag]) => tag !== "en");

const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? "").sort();

test("the reader finds texts of every place of the window", () => {
  for (const place of [
    "app",
    "welcome",
    "goal",
    "collect",
    "design",
    "train",
    "convert",
    "evaluate",
    "deploy",
    "widgets",
  ]) {
    expect(
      [...texts.called.values()].some((file) => file.startsWith(`${place}/`)),
      place,
    ).toBe(true);
  }
  expect(texts.called.has("Try it without hardware")).toBe(true);
  expect(texts.loose.has("Say what the board should tell apart")).toBe(true);
});

test.each(others)("every text of the window is in the catalogue of %s", (_tag, { texts: catalogue }) => {
  const missing = [...needed].filter(([key]) => !(key in catalogue)).map(([key, file]) => `${file}: ${key}`);
  expect(missing).toEqual([]);
});

test.each(others)("nothing is left over in the catalogue of %s", (_tag, { texts: catalogue }) => {
  const unused = Object.keys(catalogue).filter((key) => !needed.has(key) && !needed.has(withoutPlural(key)));
  expect(unused).toEqual([]);
});

test.each(others)("texts of %s fill in what the English ones do", (_tag, { texts: catalogue }) => {
  const wrong = Object.entries(catalogue).flatMap(([key, text]) => {
    const english = (en as Readonly<Record<string, string>>)[key] ?? withoutPlural(key);
    return placeholders(text).join() === placeholders(english).join() ? [] : [`${key} -> ${text}`];
  });
  expect(wrong).toEqual([]);
});

test.each(others)(
  "texts of %s are not empty and keep what the English ones begin and end with",
  (_tag, { texts: catalogue }) => {
    const ends = (text: string): string => /(…|:|\?)$/.exec(text)?.[1] ?? "";
    const wrong = Object.entries(catalogue).filter(
      ([key, text]) =>
        text.trim() === "" ||
        text !== text.trim() ||
        (!(key in en) && ends(key) === "…" && ends(text) !== "…"),
    );
    expect(wrong).toEqual([]);
  },
);

test("short names that are put together at run time are all there", () => {
  for (const prefix of texts.prefixes) {
    expect(
      Object.keys(en).some((key) => key.startsWith(prefix)),
      `${prefix}…`,
    ).toBe(true);
  }
});

test("no words stand in the window's code where no catalogue reaches them", () => {
  expect(texts.outside).toEqual([]);
});

test("the system's wishes lead to the nearest catalogue, and to English where there is none", () => {
  expect(bestLanguage(["de-AT", "en-US"])).toBe("de");
  expect(bestLanguage(["fr-FR", "de"])).toBe("de");
  expect(bestLanguage(["pt-BR", "fr"])).toBe("en");
  expect(bestLanguage([])).toBe("en");
});
