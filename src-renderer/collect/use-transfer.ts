/**
 * Recordings into the project and out of it: files and other projects, chosen in a dialog or dropped on the window (by path in
 * Electron, by content in the browser), and the recordings as files in a folder. Knows requests, no looks.
 */
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ImportResult, MergeResult, RequestParams } from "../../src-shared/contract/index.ts";
import { SIGNAL_EXTENSIONS } from "../app/board-dialog.tsx";
import { useEngine, useWork } from "../app/engine-context.ts";
import { notifyError, useApp } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import type { EngineClient } from "../connection/client.ts";
import { pickPaths } from "../widgets/file-picker.tsx";

export type ExportFormat = RequestParams<"recordings:export">["format"];
export const EXPORT_FORMATS: readonly { readonly format: ExportFormat; readonly name: string }[] = [
  { format: "wav", name: "As WAV files (sound)…" },
  { format: "csv", name: "As CSV files with time in ms…" },
  { format: "edge-impulse-json", name: "As Edge Impulse JSON…" },
  { format: "edge-impulse-cbor", name: "As Edge Impulse CBOR…" },
];

/** What came of the last transfer. */
export type TransferReport =
  | { readonly kind: "files"; readonly result: ImportResult }
  | { readonly kind: "project"; readonly name: string; readonly result: MergeResult };

type Running = {
  readonly what: "files" | "project" | "export";
  readonly stage: string;
  readonly fraction: number;
  readonly startedAt: number;
  cancel(): void;
};

export type Transfer = {
  readonly running: Running | null;
  readonly report: TransferReport | null;
  /** Something is held over the window. */
  readonly dropping: boolean;
  chooseFiles(): Promise<void>;
  chooseProject(): Promise<void>;
  exportTo(format: ExportFormat): Promise<void>;
  clear(): void;
};

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
const isProject = (name: string): boolean => name.toLowerCase().endsWith(".limpet");

export function useTransfer(): Transfer {
  const { t } = useTranslation();
  const client = useEngine();
  const files = useWork("recordings:import");
  const merge = useWork("project:merge");
  const out = useWork("recordings:export");
  const [report, setReport] = useState<TransferReport | null>(null);
  const startFiles = files.start;
  const startMerge = merge.start;
  const startOut = out.start;
  const takePaths = useCallback(
    async (paths: readonly string[]): Promise<void> => {
      const projects = paths.filter(isProject);
      const signals = paths.filter((path) => !isProject(path));
      if (signals.length > 0) {
        // One bad file among many does not keep the others out; a single one is told as what went wrong.
        const result = await startFiles({ paths: signals, asFound: signals.length > 1 });
        if (result !== null) setReport({ kind: "files", result });
      }
      for (const path of projects) {
        const result = await startMerge({ path });
        if (result !== null) setReport({ kind: "project", name: nameOf(path), result });
      }
    },
    [startFiles, startMerge],
  );
  const chooseFiles = useCallback(async () => {
    const paths = await pickPaths({
      mode: "files",
      title: t("Import recordings"),
      extensions: SIGNAL_EXTENSIONS,
      multiple: true,
    });
    if (paths.length > 0) await takePaths(paths);
  }, [takePaths, t]);
  const chooseProject = useCallback(async () => {
    const paths = await pickPaths({
      mode: "files",
      title: t("Add recordings from another project"),
      extensions: ["limpet"],
    });
    if (paths.length > 0) await takePaths(paths);
  }, [takePaths, t]);
  const exportTo = useCallback(
    async (format: ExportFormat) => {
      const [folder] = await pickPaths({
        mode: "folder",
        title: t("Folder for the recordings"),
        extensions: [],
      });
      if (folder === undefined) return;
      const answer = await startOut({ format, folder });
      if (answer === null) return;
      useApp.getState().notify({
        level: "good",
        message: t("{{count}} files written to {{path}}.", { count: answer.files, path: folder }),
      });
    },
    [startOut, t],
  );
  const takeDropped = useCallback(
    async (dropped: readonly File[]): Promise<void> => {
      const bridge = hostBridge();
      if (bridge !== null) {
        await takePaths(dropped.map((file) => bridge.pathOfFile(file)));
        return;
      }
      const signals = dropped.filter(({ name }) => !isProject(name));
      if (signals.length < dropped.length) {
        useApp.getState().notify({
          level: "info",
          message: t("A browser does not tell where a dropped project lies."),
          hint: t("Choose it with “Add recordings from another project…”."),
        });
      }
      if (signals.length > 0) setReport({ kind: "files", result: await importContents(client, signals) });
    },
    [client, takePaths, t],
  );
  const dropping = useDropping(takeDropped);
  const clear = useCallback(() => setReport(null), []);
  const works = [
    ["files", files],
    ["project", merge],
    ["export", out],
  ] as const;
  const active = works.find(([, work]) => work.running);
  const failed = works.find(([, work]) => work.error !== null)?.[1].error ?? null;
  useEffect(() => {
    if (failed !== null) notifyError(failed);
  }, [failed]);
  return {
    running:
      active === undefined
        ? null
        : {
            what: active[0],
            stage: active[1].stage,
            fraction: active[1].fraction,
            startedAt: active[1].startedAt,
            cancel: active[1].cancel,
          },
    report,
    dropping,
    chooseFiles,
    chooseProject,
    exportTo,
    clear,
  };
}

/** Whether files are held over the window; hands on what is let go there. */
function useDropping(take: (files: readonly File[]) => Promise<void>): boolean {
  const [dropping, setDropping] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent): void => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      setDropping(event.type === "dragover");
    };
    const onDrop = (event: DragEvent): void => {
      event.preventDefault();
      setDropping(false);
      take([...(event.dataTransfer?.files ?? [])]).catch(notifyError);
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onOver);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onOver);
      removeEventListener("drop", onDrop);
    };
  }, [take]);
  return dropping;
}

async function importContents(client: EngineClient, files: readonly File[]): Promise<ImportResult> {
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

/** A file's content in base64. */
function base64Of(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
