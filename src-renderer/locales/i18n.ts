/**
 * Text of the interface. English text is its own key (as in gettext); `en.json` holds plurals and short names. The language is
 * the system's until the user chooses one; the engine keeps the choice (`app:set-language`).
 */
import i18next, { type FormatterModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { formatValue } from "./format.ts";
import { bestLanguage, LANGUAGES } from "./languages.ts";

/** Of the browser's own store: the choice of last time, so that the page need not change its language after the first answer. */
const KEPT_KEY = "limpet.language";

const formatter: FormatterModule = {
  type: "formatter",
  init: () => {},
  format: (value, _format, tag, options) =>
    formatValue(value, tag, String(options?.interpolationkey ?? "")) as string,
  add: () => {},
  addCached: () => {},
};

export async function startTranslation(): Promise<void> {
  const tag = localStorage.getItem(KEPT_KEY);
  await i18next
    .use(initReactI18next)
    .use(formatter)
    .init({
      lng: bestLanguage(tag === null ? navigator.languages : [tag, ...navigator.languages]),
      fallbackLng: "en",
      resources: Object.fromEntries(
        Object.entries(LANGUAGES).map(([name, { texts }]) => [name, { translation: texts }]),
      ),
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false, alwaysFormat: true },
    });
  document.documentElement.lang = i18next.language;
}

/** Changes the language at once; null is the system's. */
export async function changeLanguage(tag: string | null): Promise<void> {
  if (tag === null) localStorage.removeItem(KEPT_KEY);
  else localStorage.setItem(KEPT_KEY, tag);
  const next = bestLanguage(tag === null ? navigator.languages : [tag]);
  if (next !== i18next.language) await i18next.changeLanguage(next);
  document.documentElement.lang = next;
}
