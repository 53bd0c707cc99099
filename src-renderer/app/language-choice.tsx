/** The language of the window: the system's, or one of the catalogues. */
import { ActionIcon, Menu } from "@mantine/core";
import { Check, Languages } from "lucide-react";
import { useTranslation } from "react-i18next";
import { changeLanguage } from "../locales/i18n.ts";
import { LANGUAGES } from "../locales/languages.ts";
import { useEngine } from "./engine-context.ts";
import { notifyError, useApp } from "./store.ts";

export function LanguageChoice() {
  const { t } = useTranslation();
  const client = useEngine();
  const info = useApp((state) => state.info);
  const chosen = info?.language ?? null;
  const choose = async (language: string | null): Promise<void> => {
    await changeLanguage(language);
    if (info !== null) useApp.setState({ info: { ...info, language } });
    await client.request("app:set-language", { language });
  };
  const entries: readonly (readonly [string | null, string])[] = [
    [null, t("System language")],
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
        {entries.map(([tag, name]) => (
          <Menu.Item
            key={tag ?? ""}
            lang={tag ?? undefined}
            role="menuitemradio"
            aria-checked={tag === chosen}
            leftSection={<Check size={15} style={{ visibility: tag === chosen ? "visible" : "hidden" }} />}
            onClick={() => void choose(tag).catch(notifyError)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
