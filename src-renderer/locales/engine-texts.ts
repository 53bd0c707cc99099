/**
 * The engine speaks English: errors and what to do about them, findings, names of stages. Here its sentences are met again by their
 * templates and said in the language of the window. What has no template stays English, and the caller is told. Knows no React.
 */
import i18next from "i18next";
import { formatValue } from "./format.ts";
import { type Catalogue, LANGUAGES } from "./languages.ts";

export type Said = {
  readonly text: string;
  /** False where the sentence stayed English in a window that speaks another language. */
  readonly known: boolean;
};

type Template = {
  readonly pattern: RegExp;
  readonly order: readonly string[];
  readonly target: string;
  /** Has no words of its own ("{{1}}: {{2}}"): it says something only where what it holds is known. */
  readonly frame: boolean;
};
type Book = {
  readonly exact: Catalogue;
  readonly templates: readonly Template[];
  readonly memory: Map<string, Said>;
};

const books = new Map<string, Book>();
const HOLE = /\{\{(\d+)\}\}/g;
/** What is filled in is seldom translated itself: not deeper than this. */
const MAX_DEPTH = 3;
const MAX_REMEMBERED = 2000;

const eitherCase = (letter: string): string => `[${letter.toLowerCase()}${letter.toUpperCase()}]`;
const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function bookOf(language: string): Book {
  const known = books.get(language);
  if (known !== undefined) return known;
  const exact = LANGUAGES[language]?.engine ?? {};
  const templates = Object.entries(exact)
    .filter(([english]) => english.includes("{{"))
    // The most definite first: a sentence may fit several.
    .sort(([a], [b]) => b.replace(HOLE, "").length - a.replace(HOLE, "").length)
    .map(([english, target]) => ({
      pattern: new RegExp(
        `^${english
          .split(HOLE)
          .map((part, index) => {
            if (index % 2 === 1) return "([^]*?)";
            const fixed = part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
            // A clause that stands alone begins with a capital.
            return index === 0 ? fixed.replace(/^\p{L}/u, eitherCase) : fixed;
          })
          .join("")}$`,
      ),
      order: [...english.matchAll(HOLE)].map(([, name]) => name ?? ""),
      target,
      frame: !/\p{L}/u.test(english.replace(HOLE, "")),
    }));
  const book = { exact, templates, memory: new Map<string, Said>() };
  books.set(language, book);
  return book;
}

/** An engine's sentence in the language of the window. */
export function say(sentence: string): Said {
  const english = sentence.trim();
  const language = i18next.resolvedLanguage ?? "en";
  if (language === "en" || !/\p{L}/u.test(english)) return { text: english, known: true };
  // The window's own texts come here too, where a place shows both.
  if (i18next.exists(english)) return { text: i18next.t(english), known: true };
  const book = bookOf(language);
  const remembered = book.memory.get(english);
  if (remembered !== undefined) return remembered;
  const { text, known } = translate(book, language, english, 0);
  // A figure stays with its per cent at the end of a line.
  const said = { text: text.replace(/(\d) (?=%)/g, "$1\u00a0"), known };
  if (book.memory.size >= MAX_REMEMBERED) book.memory.clear();
  book.memory.set(english, said);
  return said;
}

/** The text alone, for places that do not mark what stayed English. */
export const said = (english: string): string => say(english).text;

/** A sentence or note of an example project, which the user may have written anew: a word alone is always the user's. */
export const saidOfExample = (text: string): string =>
  /\p{L} \p{L}/u.test(text) && /\.$|, seed \d+$/.test(text) ? said(text) : text;

function translate(book: Book, language: string, english: string, depth: number): Said {
  const exact = book.exact[english] ?? book.exact[lowered(english)];
  if (exact !== undefined) return { text: exact, known: true };
  // "3 places": the word is in the book, the number is not.
  const counted = /^([\d.,]+) (\p{L}[\p{L} ]*)$/u.exec(english);
  const word = book.exact[counted?.[2] ?? ""];
  if (counted !== null && word !== undefined) {
    return { text: `${formatValue(counted[1], language, "")} ${word}`, known: true };
  }
  for (const { pattern, order, target, frame } of book.templates) {
    const match = pattern.exec(english);
    if (match === null) continue;
    const filled = new Map(order.map((name, index) => [name, match[index + 1] ?? ""]));
    // Two sentences in one hole: the template is of another sentence that only ends alike.
    if ([...filled.values()].some((value) => /[.!?] \p{Lu}/u.test(value))) continue;
    let known = !frame;
    const text = target.replace(HOLE, (_hole, name: string) => {
      const value = filled.get(name) ?? "";
      // A single word may be a label of the user's, which happens to be one of ours.
      if (depth < MAX_DEPTH && value.trim().includes(" ") && /\p{L}{2}/u.test(value)) {
        const whole = translate(book, language, value, depth + 1);
        const inner = whole.known ? whole : translate(book, language, value.trim(), depth + 1);
        known ||= inner.known;
        if (inner.known) return whole.known ? whole.text : value.replace(value.trim(), () => inner.text);
      }
      return String(formatValue(value, language, ""));
    });
    if (known) return { text, known };
  }
  return sentenceBySentence(book, language, english, depth);
}

/** Messages that are put together of several sentences; known where all of them are. */
function sentenceBySentence(book: Book, language: string, english: string, depth: number): Said {
  const sentences = english.split(/(?<=[.!?]) (?=\p{Lu})/u);
  if (sentences.length < 2 || depth > 0) return { text: english, known: false };
  const parts = sentences.map((sentence) => translate(book, language, sentence, 1));
  // Half a translation reads worse than none.
  return parts.every(({ known }) => known)
    ? { text: parts.map(({ text }) => text).join(" "), known: true }
    : { text: english, known: false };
}
