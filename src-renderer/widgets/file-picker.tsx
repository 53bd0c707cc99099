/** Choosing files and places: the system's dialogs in Electron, a list of folders of the engine's computer in the browser. */
import { Button, Modal, TextInput } from "@mantine/core";
import { ArrowUp, File as FileIcon, Folder } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { create } from "zustand";
import { useAnswer } from "../app/engine-context.ts";
import { useApp } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import { ErrorMessage } from "./parts.tsx";

export type Wanted = {
  readonly mode: "files" | "save" | "folder";
  readonly title: string;
  readonly extensions: readonly string[];
  readonly multiple?: boolean;
  readonly defaultName?: string;
};

type Asked = { readonly wanted: Wanted; resolve(paths: string[]): void };
const useAsked = create<{ asked: Asked | null }>(() => ({ asked: null }));

/** Asks the user; an empty list where they cancelled. */
export async function pickPaths(wanted: Wanted): Promise<string[]> {
  const bridge = hostBridge();
  const filters = wanted.extensions.length > 0 ? [{ name: wanted.title, extensions: wanted.extensions }] : [];
  if (bridge === null) {
    return new Promise((resolve) => useAsked.setState({ asked: { wanted, resolve } }));
  }
  if (wanted.mode === "files") {
    return bridge.chooseFiles({ title: wanted.title, filters, multiple: wanted.multiple ?? false });
  }
  const path =
    wanted.mode === "folder"
      ? await bridge.chooseFolder({ title: wanted.title })
      : await bridge.chooseSavePath({ title: wanted.title, defaultName: wanted.defaultName ?? "", filters });
  return path === null ? [] : [path];
}

/** The place where the browser's file list appears; once in the app. */
export function FilePickerHost() {
  const { t } = useTranslation();
  const asked = useAsked((state) => state.asked);
  const close = (paths: string[]): void => {
    asked?.resolve(paths);
    useAsked.setState({ asked: null });
  };
  // Made anew each time, so that it lies over a dialog that asks for it.
  if (asked === null) return null;
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened
      onClose={() => close([])}
      title={asked.wanted.title}
      size="lg"
    >
      <FileList wanted={asked.wanted} onDone={close} />
    </Modal>
  );
}

/** Joins with the separator that the folder itself uses. */
export const joinPath = (folder: string, name: string): string => {
  const separator = folder.includes("\\") && !folder.includes("/") ? "\\" : "/";
  return folder.endsWith(separator) ? folder + name : folder + separator + name;
};

function FileList({ wanted, onDone }: { wanted: Wanted; onDone: (paths: string[]) => void }) {
  const { t } = useTranslation();
  const home = useApp((state) => state.info?.homeFolder ?? "");
  const [path, setPath] = useState(home);
  const [typed, setTyped] = useState(home);
  const [name, setName] = useState(wanted.defaultName ?? "");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { answer, error } = useAnswer("files:list-folder", { path, extensions: [...wanted.extensions] });
  const open = (next: string): void => {
    setPath(next);
    setTyped(next);
    setChosen([]);
  };
  const toggle = (file: string): void => {
    if (wanted.mode === "save") setName(file.split(/[\\/]/).at(-1) ?? name);
    else if (wanted.multiple === true)
      setChosen(chosen.includes(file) ? chosen.filter((other) => other !== file) : [...chosen, file]);
    else setChosen([file]);
  };
  const folder = answer?.path ?? path;
  // A folder that was typed and not opened yet: what is pressed means that one.
  const elsewhere = wanted.mode !== "files" && typed.trim() !== path && typed.trim() !== folder;
  const result =
    wanted.mode === "files" ? [...chosen] : [wanted.mode === "save" ? joinPath(folder, name) : folder];
  const ready =
    wanted.mode === "files"
      ? chosen.length > 0
      : elsewhere || (error === null && (wanted.mode === "folder" || name.trim() !== ""));
  return (
    <div className="stack" style={{ gap: 12 }}>
      <form
        className="row end"
        onSubmit={(event) => {
          event.preventDefault();
          // A typed name of a file is taken as the choice.
          const isFile = wanted.extensions.some((end) => typed.toLowerCase().endsWith(`.${end}`));
          if (wanted.mode === "files" && isFile) onDone([typed]);
          else open(typed);
        }}
      >
        <TextInput
          className="grow"
          label={wanted.mode === "files" ? t("Folder or file") : t("Folder")}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" variant="default">
          {t("Open")}
        </Button>
        <Button
          variant="default"
          aria-label={t("Folder above")}
          disabled={(answer?.parent ?? null) === null}
          onClick={() => open(answer?.parent ?? path)}
        >
          <ArrowUp size={16} />
        </Button>
      </form>
      <ErrorMessage error={error} />
      <ul
        style={{
          height: 260,
          overflow: "auto",
          margin: 0,
          padding: 6,
          listStyle: "none",
          border: "1px solid var(--line)",
          borderRadius: "var(--radius-s)",
        }}
      >
        {answer?.entries.map((entry) => (
          <li key={entry.path}>
            <button
              type="button"
              className="step"
              style={{ padding: "5px 8px" }}
              {...(entry.kind === "file" ? { "aria-pressed": chosen.includes(entry.path) } : {})}
              data-state={chosen.includes(entry.path) ? "done" : ""}
              onClick={() => (entry.kind === "folder" ? open(entry.path) : toggle(entry.path))}
            >
              {entry.kind === "folder" ? (
                <Folder size={16} aria-hidden />
              ) : (
                <FileIcon size={16} aria-hidden />
              )}
              <span>{entry.name}</span>
              {chosen.includes(entry.path) && <small>{t("chosen")}</small>}
            </button>
          </li>
        ))}
      </ul>
      {wanted.mode === "save" && (
        <TextInput
          label={t("File name")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" onClick={() => onDone([])}>
          {t("Cancel")}
        </Button>
        <Button disabled={!ready} onClick={() => (elsewhere ? open(typed.trim()) : onDone(result))}>
          {wanted.mode === "save" ? t("Save here") : t("Choose")}
        </Button>
      </div>
    </div>
  );
}
