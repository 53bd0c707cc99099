/** The language of the window: the system's, or one of the catalogues. */
import { ActionIcon, Menu } from "@mantine/core";
import { Languages } from "lucide-react";
import { useTranslation } from "react-i18next";
import { changeLanguage } from "../locales/i18n.ts";
import { LANGUAGES } from "../locales/languages.ts";
import { useEngine } from "./engine-context.ts";
import { notifyError, useApp } from "./store.ts";

/** Stands for no choice. */
const SYSTEM = "system";

export function LanguageChoice() {
  const { t } = useTranslation();
  const client = useEngine();
  const info = useApp((state) => state.info);
  const chosen = info?.language ?? null;
  const choose = async (tag: string): Promise<void> => {
    const language = tag === SYSTEM ? null : tag;
    await changeLanguage(language);
    if (info !== null) useApp.setState({ info: { ...info, language } });
    await client.request("app:set-language", { language });
  };
  const entries: readonly (readonly [string, string])[] = [
    [SYSTEM, t("System language")],
    ...Object.entries(LANGUAGES).map(([tag, { name }]) => [tag, name] as const),
  ];
  return (
    <Menu position="top-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" size={38} aria-label={t("Language")} title={t("Language")}>
          <Languages size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.RadioGroup value={chosen ?? SYSTEM} onChange={(tag) => void choose(tag).catch(notifyError)}>
          {entries.map(([tag, name]) => (
            <Menu.RadioItem key={tag} value={tag} closeMenuOnClick lang={tag === SYSTEM ? undefined : tag}>
              {name}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}
