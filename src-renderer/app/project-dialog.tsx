/** The project file itself: where it is, whether it is sound, its copies of earlier days, and a report for whoever helps. */
import { Button, Checkbox, Modal } from "@mantine/core";
import { History, LifeBuoy, type LucideIcon, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { said } from "../locales/engine-texts.ts";
import { fixed, fullDateOf, hourOf } from "../locales/format.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, Message, WorkProgress } from "../widgets/parts.tsx";
import { useAnswer, useWork } from "./engine-context.ts";
import { useApp } from "./store.ts";

export function ProjectDialog() {
  const { t } = useTranslation();
  const about = useApp((state) => state.projectDialog);
  const close = (): void => useApp.setState({ projectDialog: null });
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={about !== null}
      onClose={close}
      title={t("Project file")}
      size={720}
    >
      {about !== null && <Content path={about.path} onClose={close} />}
    </Modal>
  );
}

function Content({ path, onClose }: { path: string; onClose: () => void }) {
  const summary = useApp((state) => state.summary);
  const isOpen = summary?.path === path;
  return (
    <div className="stack" style={{ gap: 20 }}>
      <p className="hash">{path}</p>
      {isOpen && <Soundness />}
      <Snapshots path={path} onClose={onClose} />
      <SupportReport canHoldProject={isOpen} />
    </div>
  );
}

function Soundness() {
  const { t } = useTranslation();
  const check = useWork("project:check");
  const { result } = check;
  return (
    <section className="part">
      <PartHead
        icon={ShieldCheck}
        title={t("Is it intact?")}
        text={t("Reads every sample and compares it with its checksum. Nothing is changed.")}
      >
        <Button variant="default" loading={check.running} onClick={() => void check.start({})}>
          {t("Check the project")}
        </Button>
      </PartHead>
      <ErrorMessage error={check.error} />
      {result !== null &&
        (result.ok ? (
          <Message
            level="good"
            message={t("All is well: {{recordings}} recordings in {{chunks}} blocks were read.", {
              recordings: result.recordings,
              chunks: result.chunks,
            })}
          />
        ) : (
          <Message
            level="error"
            message={t("Something is damaged:")}
            hint={result.problems.slice(0, 5).map(said).join(" ")}
            action={
              <p>
                {t(
                  "Go back to a copy below, or run `limpet check --repair`, which keeps all that can be read.",
                ).replaceAll("`", "")}
              </p>
            }
          />
        ))}
    </section>
  );
}

function Snapshots({ path, onClose }: { path: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { answer, error } = useAnswer("snapshots:list", { path });
  const restore = useWork("snapshots:restore");
  const [chosen, setChosen] = useState<string | null>(null);
  const go = async (id: string): Promise<void> => {
    const done = await restore.start({ path, id });
    if (done === null) return;
    useApp.getState().notify({
      level: "good",
      message: t("The project is as it was on {{day}}.", { day: dayOf(id) }),
      hint:
        done.kept === null
          ? undefined
          : t("The file as it was until now is kept: {{path}}", { path: done.kept }),
    });
    onClose();
  };
  return (
    <section className="part">
      <PartHead
        icon={History}
        title={t("Copies of earlier days")}
        text={t(
          "Limpet keeps one copy for each day on which the project was open. Going back keeps the current file, too.",
        )}
      />
      <ErrorMessage error={error ?? restore.error} />
      {restore.running ? (
        <WorkProgress
          title={t("Going back")}
          stage={restore.stage}
          fraction={restore.fraction}
          startedAt={restore.startedAt}
          onCancel={restore.cancel}
        />
      ) : answer?.length === 0 ? (
        <p className="soft">
          {t("There is none yet: the first is made shortly after the project is opened.")}
        </p>
      ) : (
        <ul className="copies">
          {answer?.map(({ id, takenAt, bytes }) => (
            <li key={id}>
              <b>{dayOf(id)}</b>
              <span className="soft small">
                {hourOf(takenAt)}, {megabytes(bytes)}
              </span>
              {chosen === id ? (
                <span className="row" style={{ gap: 8 }}>
                  <span className="small">
                    {t("Everything done since then will be in the kept file only.")}
                  </span>
                  <Button size="xs" onClick={() => void go(id)}>
                    {t("Go back to it")}
                  </Button>
                  <Button size="xs" variant="default" onClick={() => setChosen(null)}>
                    {t("Cancel")}
                  </Button>
                </span>
              ) : (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={t("Go back to {{day}}…", { day: dayOf(id) })}
                  onClick={() => setChosen(id)}
                >
                  {t("Go back…")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** `2026-05-01` as the user writes dates. The day is local already. */
const dayOf = (id: string): string => {
  const day = new Date(`${id}T12:00:00`);
  return Number.isNaN(day.getTime()) ? id : fullDateOf(day);
};
const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${fixed(bytes / 1e6, 1)} MB`;

function SupportReport({ canHoldProject }: { canHoldProject: boolean }) {
  const { t } = useTranslation();
  const save = useWork("app:save-report");
  const [withProject, setWithProject] = useState(false);
  const run = async (): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: t("Save a report"),
      extensions: ["zip"],
      defaultName: `limpet-report-${new Date().toISOString().slice(0, 10)}.zip`,
    });
    if (path === undefined) return;
    const made = await save.start({ path, withProject: withProject && canHoldProject });
    if (made === null) return;
    useApp.getState().notify({
      level: "good",
      message: t("Saved {{path}} ({{size}}).", { path: made.path, size: megabytes(made.bytes) }),
    });
  };
  return (
    <section className="part">
      <PartHead
        icon={LifeBuoy}
        title={t("A report for support")}
        text={t(
          "Versions, the log and figures as a zip file. No recordings, no names: look inside before you send it.",
        )}
      >
        <Button variant="default" loading={save.running} onClick={() => void run()}>
          {t("Save a report…")}
        </Button>
      </PartHead>
      {canHoldProject && (
        <Checkbox
          label={t("Put the whole project with its recordings into it")}
          checked={withProject}
          onChange={(event) => setWithProject(event.currentTarget.checked)}
        />
      )}
      <ErrorMessage error={save.error} />
    </section>
  );
}

/** What a part of the dialog is for, with what can be done beside it. */
function PartHead(props: { icon: LucideIcon; title: string; text: string; children?: ReactNode }) {
  const { icon: Icon } = props;
  return (
    <div className="row">
      <Icon size={20} aria-hidden />
      <div className="grow">
        <h3>{props.title}</h3>
        <p className="soft small">{props.text}</p>
      </div>
      {props.children}
    </div>
  );
}
