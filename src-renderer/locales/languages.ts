/**
 * The languages that there are. To add one: put its catalogue beside this file and a line into the table (docs/translating.md).
 * Knows no interface, so that the window's host can read the names for its menu.
 */
import de from "./de.json" with { type: "json" };
import en from "./en.json" with { type: "json" };
import deEngine from "./engine.de.json" with { type: "json" };

export type Catalogue = Readonly<Record<string, string>>;

export type Language = {
  /** The language's name in itself. */
  readonly name: string;
  readonly texts: Catalogue;
  /** The engine's own sentences, by their English templates with {{1}}, {{2}} … for what is filled in. */
  readonly engine: Catalogue;
};

/** By BCP 47 tag. */
export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { name: "English", texts: en, engine: {} },
  de: { name: "Deutsch", texts: de, engine: deEngine },
};

/** The first of `wished` (tags such as `de-AT`, best first) that there is a catalogue for; English where there is none. */
export function bestLanguage(wished: readonly string[]): string {
  for (const tag of wished) {
    const parts = tag.toLowerCase().split("-");
    for (let length = parts.length; length > 0; length--) {
      const found = Object.keys(LANGUAGES).find(
        (name) => name.toLowerCase() === parts.slice(0, length).join("-"),
      );
      if (found !== undefined) return found;
    }
  }
  return "en";
}
