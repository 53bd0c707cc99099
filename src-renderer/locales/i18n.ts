/** Text of the interface. The English text is its own key (as in gettext); `de.json` holds the German. */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import de from "./de.json" with { type: "json" };
import en from "./en.json" with { type: "json" };

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
const KEY = "limpet.language";

export async function startTranslation(): Promise<void> {
  const chosen = localStorage.getItem(KEY) ?? "en";
  await i18next.use(initReactI18next).init({
    lng: chosen in LANGUAGES ? chosen : "en",
    fallbackLng: "en",
    resources: { en: { translation: en }, de: { translation: de } },
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = i18next.language;
}

export function chooseLanguage(language: string): void {
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}
