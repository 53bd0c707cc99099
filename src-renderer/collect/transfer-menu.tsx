/** What comes into the project and what goes out of it: files, another project's recordings, the recordings as files. */
import { Button, Menu } from "@mantine/core";
import { ChevronDown, FileDown, FolderSymlink, Import as ImportIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useApp } from "../app/store.ts";
import { EXPORT_FORMATS, type Transfer } from "./use-transfer.ts";

export function TransferMenu({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation();
  const some = useApp((state) => state.recordings.length > 0);
  const busy = transfer.running !== null;
  return (
    <Button.Group>
      <Button
        variant="default"
        leftSection={<ImportIcon size={16} />}
        disabled={busy}
        onClick={() => void transfer.chooseFiles()}
      >
        {t("Import files…")}
      </Button>
      <Menu position="bottom-end" width={350}>
        <Menu.Target>
          <Button variant="default" px={10} aria-label={t("More ways in and out")} disabled={busy}>
            <ChevronDown size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<FolderSymlink size={16} />} onClick={() => void transfer.chooseProject()}>
            {t("Add recordings from another project…")}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{t("Write the recordings to a folder")}</Menu.Label>
          {EXPORT_FORMATS.map(({ format, name }) => (
            <Menu.Item
              key={format}
              leftSection={<FileDown size={16} />}
              disabled={!some}
              onClick={() => void transfer.exportTo(format)}
            >
              {t(name)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Button.Group>
  );
}
