/** All keys in one list; `?` opens it. */
import { Modal } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useApp } from "./store.ts";

const GROUPS: readonly { readonly title: string; readonly keys: readonly (readonly [string, string])[] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["Ctrl + 1 … 7", "Go to a step"],
      ["Ctrl + B", "Choose a board"],
      ["Ctrl + L", "Show or hide the log"],
      ["Ctrl + Z", "Undo"],
      ["Ctrl + Shift + Z", "Redo"],
      ["?", "These keys"],
      ["Esc", "Close a dialog, cancel a countdown"],
    ],
  },
  {
    title: "Collect",
    keys: [
      ["R", "Record the class with the fewest recordings; stop and keep"],
      ["1 … 9", "Record that class"],
      ["↑ ↓", "From class to class"],
      ["← →", "From recording to recording"],
      ["F2", "Rename the class"],
      ["Del", "Delete the recording"],
      ["Space", "Hold the live signal still"],
    ],
  },
  {
    title: "A recording",
    keys: [
      ["Space", "Play, stop"],
      ["S", "Spectrogram"],
      ["[  ]", "Mark beginning and end"],
      ["Shift + ← →", "Move the end of the mark"],
      ["+  –  0", "Zoom in, zoom out, show all"],
      ["1 … 9", "Change the class"],
      ["Page ↑ ↓", "The recording before and after"],
      ["Del", "Delete it"],
    ],
  },
];

export function ShortcutsDialog() {
  const { t } = useTranslation();
  const opened = useApp((state) => state.shortcutsOpened);
  const close = (): void => useApp.setState({ shortcutsOpened: false });
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={opened}
      onClose={close}
      title={t("Keys")}
      size={860}
    >
      <div className="keys">
        {GROUPS.map(({ title, keys }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl>
              {keys.map(([key, does]) => (
                <div key={key + does}>
                  <dt>
                    <kbd>{t(key)}</kbd>
                  </dt>
                  <dd>{t(does)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
