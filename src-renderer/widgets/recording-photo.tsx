/** A photo of where the board sits: small beside the fields, large on a click; taken from a file or dropped onto the button. */
import { Button, Modal } from "@mantine/core";
import { Camera } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useAnswer, useEngine } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import { pickPaths } from "./file-picker.tsx";

/** What a browser's own file dialog is for: a phone or tablet offers its camera there. */
const TYPES = "image/jpeg,image/png";

export function RecordingPhoto(props: { photo: number | null; onChange: (photo: number | null) => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const { photo, onChange } = props;
  const [opened, setOpened] = useState(false);
  const { answer } = useAnswer("photos:get", photo === null ? null : { id: photo });
  const shown = photo !== null && answer?.id === photo ? `data:${answer.type};base64,${answer.base64}` : null;
  const add = async (from: { path: string } | { base64: string }): Promise<void> => {
    const added = await client.request("photos:add", from);
    onChange(added.id);
  };
  const choose = async (): Promise<void> => {
    if (hostBridge() === null) {
      const file = await pickFile();
      if (file !== null) await add({ base64: await contentOf(file) });
      return;
    }
    const [path] = await pickPaths({
      mode: "files",
      title: t("Photo of the place"),
      extensions: ["jpg", "jpeg", "png"],
    });
    if (path !== undefined) await add({ path });
  };
  const onDrop = (event: React.DragEvent): void => {
    const [file] = event.dataTransfer.files;
    if (file === undefined || !TYPES.includes(file.type)) return;
    // Else the place below would take it for a recording.
    event.preventDefault();
    event.stopPropagation();
    contentOf(file)
      .then((base64) => add({ base64 }))
      .catch(notifyError);
  };
  return (
    <>
      <button
        type="button"
        className="photo-button"
        aria-label={photo === null ? t("Add a photo of the place") : t("Show the photo of the place")}
        title={photo === null ? t("Add a photo of the place") : t("Show the photo of the place")}
        onClick={() => (photo === null ? void choose().catch(notifyError) : setOpened(true))}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
      >
        {shown === null ? <Camera size={22} aria-hidden /> : <img src={shown} alt="" />}
      </button>
      <Modal
        closeButtonProps={{ "aria-label": t("Close") }}
        opened={opened && shown !== null}
        onClose={() => setOpened(false)}
        title={t("Photo of the place")}
        size="xl"
      >
        <div className="stack">
          {shown !== null && <img className="photo-large" src={shown} alt={t("Where the board sits")} />}
          <div className="row dialog-foot">
            <Button
              variant="default"
              onClick={() => {
                setOpened(false);
                onChange(null);
              }}
            >
              {t("Take the photo away")}
            </Button>
            <Button variant="default" onClick={() => void choose().catch(notifyError)}>
              {t("Another photo…")}
            </Button>
            <span className="grow" />
            <Button onClick={() => setOpened(false)}>{t("Done")}</Button>
          </div>
        </div>
      </Modal>
    </>
  );
}

/** The browser's own dialog; null where nothing was chosen. */
function pickFile(): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = TYPES;
    input.onchange = () => resolve(input.files?.[0] ?? null);
    input.oncancel = () => resolve(null);
    input.click();
  });
}

function contentOf(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
