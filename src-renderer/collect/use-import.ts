/** Files into the project: chosen in a dialog, or dropped on the window (by path in Electron, by content in the browser). */
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ImportResult } from "../../src-shared/contract/index.ts";
import { SIGNAL_EXTENSIONS } from "../app/board-dialog.tsx";
import { useEngine, useWork, type Work } from "../app/engine-context.ts";
import { notifyError } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import type { EngineClient } from "../connection/client.ts";
import { pickPaths } from "../widgets/file-picker.tsx";

export type Import = {
  readonly work: Work<"recordings:import">;
  readonly report: ImportResult | null;
  /** Something is held over the window. */
  readonly dropping: boolean;
  choose(): Promise<void>;
  clear(): void;
};

export function useImport(): Import {
  const { t } = useTranslation();
  const client = useEngine();
  const work = useWork("recordings:import");
  const [report, setReport] = useState<ImportResult | null>(null);
  const [dropping, setDropping] = useState(false);
  const { start } = work;
  const choose = useCallback(async () => {
    const paths = await pickPaths({
      mode: "files",
      title: t("Import recordings"),
      extensions: SIGNAL_EXTENSIONS,
      multiple: true,
    });
    if (paths.length === 0) return;
    const result = await start({ paths });
    if (result !== null) setReport(result);
  }, [start, t]);
  useEffect(() => {
    const onOver = (event: DragEvent): void => {
      event.preventDefault();
      setDropping(event.type === "dragover");
    };
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      setDropping(false);
      importDropped(client, [...(event.dataTransfer?.files ?? [])])
        .then(setReport)
        .catch(notifyError);
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onOver);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onOver);
      removeEventListener("drop", onDrop);
    };
  }, [client]);
  const clear = useCallback(() => setReport(null), []);
  return { work, report, dropping, choose, clear };
}

async function importDropped(client: EngineClient, files: readonly File[]): Promise<ImportResult> {
  const bridge = hostBridge();
  if (bridge !== null) {
    return client.request("recordings:import", { paths: files.map((file) => bridge.pathOfFile(file)) });
  }
  const all: ImportResult = { imported: 0, skipped: [], recordings: [], notes: [] };
  for (const file of files) {
    try {
      const base64 = await base64Of(file);
      const one = await client.request("recordings:import-content", { name: file.name, base64 });
      all.imported += one.imported;
      all.skipped.push(...one.skipped);
      all.recordings.push(...one.recordings);
      all.notes.push(...one.notes);
    } catch (error) {
      all.skipped.push({ path: file.name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return all;
}

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
