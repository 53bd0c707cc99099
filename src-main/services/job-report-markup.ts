/**
 * HTML that cannot be broken out of: a tagged template that escapes all that is put into it, except for what it made itself. Knows
 * no report.
 */

/** A piece of HTML made by `html`, the only thing that is not escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Markup[] | null | false;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for between tags and within quoted attributes. Characters that XML has no place for (controls but tab and line ends) go. */
const escapeText = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, "")
    .replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);

/** `html\`<p>${text}</p>\``: what is put in is escaped; lists of markup are joined; null and false are nothing. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, index) => part + textOf(pieces[index])).join(""));
}

function textOf(piece: Piece | undefined): string {
  if (piece === undefined || piece === null || piece === false) return "";
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === "string" || typeof piece === "number") return escapeText(String(piece));
  return piece.map(({ text }) => text).join("");
}
