/**
 * Finds the texts of the interface in its sources: what is handed to `t()`, text that stands in tables and reaches `t()` later, and
 * text that passes `t()` by. Run by hand it lists what a language's catalogue lacks: `node scripts/texts.ts de`. Knows no language.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

const RENDERER = fileURLToPath(new URL("../src-renderer", import.meta.url));
const SHARED = fileURLToPath(new URL("../src-shared", import.meta.url));

export type Texts = {
  /** Keys handed to `t()` as they stand, each with the file that does it first. */
  readonly called: ReadonlyMap<string, string>;
  /** Beginnings of keys that are put together, such as `place.`. */
  readonly prefixes: ReadonlySet<string>;
  /** Literals outside of `t()` that read like text: entries of tables, each with its file. */
  readonly loose: ReadonlyMap<string, string>;
  /** Words in JSX and in templates, which no catalogue can reach: `file: text`. */
  readonly outside: readonly string[];
};

type Node = { readonly type: string; readonly [key: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

/** Attributes and properties whose strings nobody reads. */
const SILENT = new Set([
  "className",
  "style",
  "key",
  "d",
  "viewBox",
  "href",
  "src",
  "variant",
  "size",
  "type",
  "role",
  "color",
  "data-level",
  "sandbox",
  "aria-keyshortcuts",
  "aria-current",
  "font",
  "fontFamily",
  "transform",
]);

/** Words that look like text and are names of keys, units, formats and products. */
const NAMES =
  /^(Escape|Enter|Home|End|Tab|Backspace|Shift|Control|Alt|Meta|Arrow\w+|Page(Up|Down)|F\d+|Key\w|Digit\d|Limpet|Hz|kHz|AUC|int8|float|Arduino Nano.*|XIAO .*|Raspberry Pi Pico|Control\+.*)$/;
const UNIT = /^[\d.]* ?(ms|s|Hz|kHz|mW|kB|dB)$/;
const STYLE = /^(var\(|calc\(|rgb|repeat\(|minmax\(|\d|#|--|prefers-|\()/;

/** Whether a literal reads like something for people: a capital word, or words with a space between. */
export function readsLikeText(value: string): boolean {
  if (NAMES.test(value) || STYLE.test(value)) return false;
  return /^[A-Z“][a-z]+/.test(value) || /\p{L}[,.:…)]? \p{L}{2,}/u.test(value);
}

/** All texts of the sources under `folder` (`src-renderer`). Throws where a file cannot be parsed. */
export function readTexts(folder: string = RENDERER): Texts {
  const called = new Map<string, string>();
  const loose = new Map<string, string>();
  const prefixes = new Set<string>();
  const outside: string[] = [];
  const put = (map: Map<string, string>, key: string, file: string): void => {
    if (!map.has(key)) map.set(key, file);
  };

  const visit = (value: unknown, file: string, inCall: boolean): void => {
    if (Array.isArray(value)) {
      for (const part of value) visit(part, file, inCall);
      return;
    }
    if (!isNode(value)) return;
    if (value.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull)Expression$/.test(value.type)) return;
    switch (value.type) {
      case "ImportDeclaration":
      case "ExportAllDeclaration":
        return;
      case "CallExpression": {
        const callee = value.callee as Node;
        const [first, ...rest] = value.arguments as Node[];
        const name = callee.type === "Identifier" ? callee.name : (callee.property as Node | undefined)?.name;
        if (name === "t") {
          visit(first, file, true);
          visit(rest, file, false);
        } else if (
          typeof name === "string" &&
          /^(matches|closest|querySelector(All)?|request|getContext|matchMedia|addEventListener|useWork|useAnswer|on)$/.test(
            name,
          )
        ) {
          visit([callee, ...rest], file, false);
        } else visit([callee, first, ...rest], file, false);
        return;
      }
      case "NewExpression": {
        // A mistake of ours, for the log.
        if ((value.callee as Node).name === "Error") return;
        // Errors of the engine's kind have a catalogue of their own (locales/engine-texts.ts).
        if ((value.callee as Node).name === "LimpetError") return;
        break;
      }
      case "JSXAttribute":
      case "Property": {
        const key = (value.name ?? value.key) as Node;
        const name = String(key.name ?? key.value ?? "");
        if (!SILENT.has(name)) visit(value.value, file, false);
        return;
      }
      case "BinaryExpression":
        // What is compared is not shown.
        if (/^[=!]==?$|^in$/.test(String(value.operator))) return;
        break;
      case "SwitchCase":
        visit(value.consequent, file, false);
        return;
      case "Literal":
        if (typeof value.value !== "string") return;
        if (inCall) put(called, value.value, file);
        else if (readsLikeText(value.value)) put(loose, value.value, file);
        return;
      case "JSXText": {
        const text = String(value.value).trim();
        if (/\p{L}{2,}/u.test(text) && !NAMES.test(text) && !UNIT.test(text))
          outside.push(`${file}: ${text}`);
        return;
      }
      case "TemplateLiteral": {
        const quasis = (value.quasis as Node[]).map((part) =>
          String((part.value as { cooked: string }).cooked),
        );
        if (inCall) prefixes.add(quasis[0] ?? "");
        else if (
          quasis.some((part) => /\p{L}{3,} |^[A-Z]\p{L}+: | \p{L}{3,}/u.test(part)) &&
          !STYLE.test(quasis[0] || "0")
        )
          outside.push(`${file}: ${quasis.join("{}")}`);
        visit(value.expressions, file, false);
        return;
      }
    }
    for (const [key, part] of Object.entries(value)) {
      if (key === "type" || key === "typeAnnotation" || key === "typeArguments") continue;
      visit(part, file, inCall && value.type !== "ArrowFunctionExpression");
    }
  };

  for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
    if (!/\.tsx?$/.test(name) || name.endsWith(".d.ts") || name.startsWith("locales")) continue;
    const path = join(folder, name);
    const { program, errors } = parseSync(path, readFileSync(path, "utf8"));
    if (errors.length > 0) throw new Error(`${name} cannot be parsed: ${errors[0]?.message}`);
    visit(program, name, false);
  }
  // Texts that the engine writes into a page of its own and the window translates for it.
  for (const name of readdirSync(SHARED).sort()) {
    if (!name.endsWith("-texts.ts")) continue;
    const path = join(SHARED, name);
    visit(parseSync(path, readFileSync(path, "utf8")).program, name, true);
  }
  return { called, prefixes, loose, outside };
}

const BOARDS = fileURLToPath(new URL("../resources/boards", import.meta.url));
const ENGINE = fileURLToPath(new URL("../src-main", import.meta.url));

/** A string as it is put together in the source: what is filled in stands as {{1}}, {{2}} and so on; null where nothing is fixed. */
function templateOf(node: Node, filled: { count: number }): string {
  const fill = (): string => `{{${++filled.count}}}`;
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : fill();
  if (node.type === "TemplateLiteral") {
    const quasis = (node.quasis as Node[]).map((part) => (part.value as { cooked: string }).cooked);
    return quasis.map((part, index) => part + (index < quasis.length - 1 ? fill() : "")).join("");
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return templateOf(node.left as Node, filled) + templateOf(node.right as Node, filled);
  }
  if (node.type === "ParenthesizedExpression") return templateOf(node.expression as Node, filled);
  return fill();
}

/** Sentences for people in the engine's sources (and in the client's), as templates, each with its file. */
export function readEngineTexts(): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, file: string): void => {
    if (Array.isArray(value)) {
      for (const part of value) visit(part, file);
      return;
    }
    if (!isNode(value) || value.type === "ImportDeclaration") return;
    if (value.type.startsWith("TS") && !/^TS(As|Satisfies|NonNull)Expression$/.test(value.type)) return;
    const text =
      value.type === "TemplateLiteral" ||
      (value.type === "Literal" && typeof value.value === "string") ||
      (value.type === "BinaryExpression" && value.operator === "+");
    if (text) {
      const template = templateOf(value, { count: 0 });
      if (/\p{L}{2,}/u.test(template) && !found.has(template)) found.set(template, file);
    }
    for (const [key, part] of Object.entries(value)) if (key !== "type") visit(part, file);
  };
  for (const folder of [ENGINE, SHARED, RENDERER]) {
    for (const name of readdirSync(folder, { recursive: true }).map(String).sort()) {
      // The command line speaks English.
      if (!/\.tsx?$/.test(name) || name.endsWith(".d.ts") || name.startsWith(join("hosts", "cli"))) continue;
      const path = join(folder, name);
      visit(parseSync(path, readFileSync(path, "utf8")).program, name);
    }
  }
  // Boards' descriptions have remarks for people.
  const strings = (value: unknown, file: string): void => {
    if (typeof value === "string") found.set(value, file);
    else if (typeof value === "object" && value !== null)
      for (const part of Object.values(value)) strings(part, file);
  };
  for (const name of readdirSync(BOARDS).sort()) {
    if (name.endsWith(".json")) strings(JSON.parse(readFileSync(join(BOARDS, name), "utf8")), name);
  }
  return found;
}

/** A key without the ending that says for how many it is. */
export const withoutPlural = (key: string): string => key.replace(/_(zero|one|two|few|many|other)$/, "");

/** The keys that a catalogue must have: English sentences from the sources and the short names of `en.json`. */
export function neededKeys(texts: Texts, english: Readonly<Record<string, string>>): Map<string, string> {
  const needed = new Map([...texts.loose, ...texts.called]);
  for (const key of Object.keys(english)) needed.set(key, "locales/en.json");
  // Plurals are asked for without their ending.
  for (const key of texts.called.keys()) if (`${key}_other` in english) needed.delete(key);
  return needed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const language = process.argv[2] ?? "de";
  const read = (name: string): Record<string, string> => {
    const path = join(RENDERER, "locales", `${name}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
  };
  const texts = readTexts();
  const catalogue = read(language);
  const needed = neededKeys(texts, read("en"));
  const missing = [...needed].filter(([key]) => !(key in catalogue));
  const unused = Object.keys(catalogue).filter((key) => !needed.has(key) && !needed.has(withoutPlural(key)));
  const spoken = readEngineTexts();
  const gone = Object.keys(read(`engine.${language}`)).filter((template) => !spoken.has(template));
  const report = { missing: Object.fromEntries(missing), unused, outside: texts.outside, gone };
  console.log(JSON.stringify(report, null, 1));
}
