/** A job report: who did what on which machine, seen before it is saved as a page or a PDF, or printed. */
import { Button, Modal, Textarea, TextInput } from "@mantine/core";
import { FileText, Printer } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExperimentInfo } from "../../src-shared/contract/index.ts";
import { JOB_REPORT_TEXTS } from "../../src-shared/job-report-texts.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { notifyError, useApp } from "../app/store.ts";
import { hostBridge } from "../connection/channel.ts";
import { said, saidOfExample } from "../locales/engine-texts.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, WorkProgress } from "../widgets/parts.tsx";

export function JobReportButton({ experiment }: { experiment: ExperimentInfo }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        size="md"
        variant="default"
        leftSection={<FileText size={17} aria-hidden />}
        onClick={() => setOpened(true)}
      >
        {t("Job report…")}
      </Button>
      <Modal
        closeButtonProps={{ "aria-label": t("Close") }}
        opened={opened}
        onClose={() => setOpened(false)}
        size="min(1180px, 100%)"
        title={t("Job report of “{{name}}”", { name: experiment.name })}
        centered
      >
        {opened && <Report experiment={experiment} />}
      </Modal>
    </>
  );
}

/** What is the same from job to job is remembered on this computer. */
const BY_KEY = "limpet.report.by";
const machineKey = (project: string): string => `limpet.report.machine:${project}`;

function Report({ experiment }: { experiment: ExperimentInfo }) {
  const { t, i18n } = useTranslation();
  const client = useEngine();
  const project = useApp((state) => state.summary?.path ?? "");
  const name = useApp((state) => state.summary?.name ?? "");
  const goal = useApp((state) => state.summary?.goal);
  const [by, setBy] = useState(localStorage.getItem(BY_KEY) ?? "");
  const [machine, setMachine] = useState(localStorage.getItem(machineKey(project)) ?? "");
  const [note, setNote] = useState("");
  const [shown, setShown] = useState("");
  const page = useRef<HTMLIFrameElement>(null);
  const make = useWork("experiments:report");
  const words = JSON.stringify([by, machine, note]);
  const request = () => ({
    id: experiment.id,
    by: by.trim(),
    machine: machine.trim(),
    note: note.trim(),
    locale: navigator.languages.find((tag) => tag.split("-")[0] === i18n.language) ?? i18n.language,
    texts: {
      // What an example says of itself.
      ...Object.fromEntries(
        [goal?.sentence ?? "", ...(goal?.classes ?? []).map(({ description }) => description)]
          .map((text) => [text, saidOfExample(text)] as const)
          .filter(([text, own]) => text !== own),
      ),
      ...Object.fromEntries(JOB_REPORT_TEXTS.map((text) => [text, t(text, { skipInterpolation: true })])),
      // What the engine says of this very model.
      ...Object.fromEntries(
        [experiment.training.advice, ...experiment.training.warnings].map((text) => [text, said(text)]),
      ),
    },
  });
  const preview = async (): Promise<string | null> => {
    localStorage.setItem(BY_KEY, by);
    localStorage.setItem(machineKey(project), machine);
    const made = await make.start({ ...request(), path: null });
    if (made !== null) setShown(words);
    return made?.html ?? null;
  };
  const html = make.result?.html ?? null;
  const current = html !== null && shown === words;
  const saved = (path: string): void =>
    useApp.getState().notify({ level: "good", message: t("Saved {{path}}.", { path }) });
  const savePage = async (): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: t("Save the job report"),
      extensions: ["html"],
      defaultName: `${name}-${new Date().toISOString().slice(0, 10)}.html`,
    });
    if (path === undefined) return;
    const made = await client.request("experiments:report", { ...request(), path });
    if (made.path !== null) saved(made.path);
  };
  const bridge = hostBridge();
  const savePdf = async (): Promise<void> => {
    const path = await bridge?.savePdf({
      html: html ?? "",
      title: t("Save the job report"),
      defaultName: `${name}-${new Date().toISOString().slice(0, 10)}.pdf`,
    });
    if (path !== null && path !== undefined) saved(path);
  };
  return (
    <div className="job-report">
      <div className="stack" style={{ gap: 12, alignContent: "start" }}>
        <TextInput
          label={t("Done by")}
          data-autofocus
          maxLength={200}
          value={by}
          onChange={(event) => setBy(event.currentTarget.value)}
        />
        <Textarea
          label={t("Machine, place, where the board sits")}
          autosize
          minRows={2}
          maxRows={5}
          maxLength={1000}
          value={machine}
          onChange={(event) => setMachine(event.currentTarget.value)}
        />
        <Textarea
          label={t("Notes")}
          autosize
          minRows={2}
          maxRows={8}
          maxLength={4000}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button
          variant={current ? "default" : "filled"}
          loading={make.running}
          onClick={() => void preview()}
        >
          {html === null ? t("Make the report") : t("Make it again")}
        </Button>
        <p className="soft small">
          {t(
            "The model is tested on the held-back recordings for it. Dataset, model and board are named by their hashes.",
          )}
        </p>
        <ErrorMessage error={make.error} />
        {current && (
          <div className="stack" style={{ gap: 8 }}>
            <Button onClick={() => void savePage().catch(notifyError)}>{t("Save as a page…")}</Button>
            {bridge !== null && (
              <Button variant="default" onClick={() => void savePdf().catch(notifyError)}>
                {t("Save as PDF…")}
              </Button>
            )}
            <Button
              variant="default"
              leftSection={<Printer size={16} aria-hidden />}
              onClick={() => page.current?.contentWindow?.print()}
            >
              {bridge === null ? t("Print, or save as PDF…") : t("Print…")}
            </Button>
          </div>
        )}
      </div>
      <div className="paper">
        {make.running ? (
          <WorkProgress
            title={t("Testing for the report")}
            stage={make.stage}
            fraction={make.fraction}
            startedAt={make.startedAt}
            onCancel={make.cancel}
          />
        ) : html === null ? (
          <p className="soft">{t("The report is shown here before it is saved.")}</p>
        ) : (
          // No script may run in it; same-origin is what lets the window print it.
          <iframe
            ref={page}
            title={t("Job report")}
            sandbox="allow-same-origin allow-modals"
            srcDoc={html}
            data-current={current}
          />
        )}
      </div>
    </div>
  );
}
