/** First page: try it without hardware, a new project, one from disk, and those opened lately. */
import { Button } from "@mantine/core";
import { FilePlus2, FolderOpen, MonitorPlay } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import icon from "../../resources/icons/limpet.svg";
import { useEngine, useWork } from "../app/engine-context.ts";
import { Appearance } from "../app/side-bar.tsx";
import { notifyError, useApp } from "../app/store.ts";
import { joinPath, pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, WorkProgress } from "../widgets/parts.tsx";

export function WelcomePlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const info = useApp((state) => state.info);
  const create = useWork("project:create");
  const open = useWork("project:open");
  const recent = useWork("project:list-recent");
  const [stamp] = useState(() =>
    new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-"),
  );
  useEffect(() => {
    void recent.start({});
  }, [recent.start]);

  const makeExample = async (): Promise<void> => {
    const path = joinPath(info?.homeFolder ?? "", `Limpet motor example ${stamp}.limpet`);
    useApp.getState().setGuided(true);
    const summary = await create.start({ path, example: "motor" });
    if (summary === null) return;
    useApp.setState({ summary, place: "goal" });
    await client.request("boards:connect", { port: "simulated", signals: [] }).catch(notifyError);
  };
  const makeNew = async (): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: t("New project"),
      extensions: ["limpet"],
      defaultName: "My machine.limpet",
    });
    if (path !== undefined) await create.start({ path: path.endsWith(".limpet") ? path : `${path}.limpet` });
  };
  const openOne = async (known?: string): Promise<void> => {
    const path =
      known ?? (await pickPaths({ mode: "files", title: t("Open project"), extensions: ["limpet"] }))[0];
    if (path !== undefined) await open.start({ path });
  };
  return (
    <main className="welcome">
      <div>
        <img className="logo" src={icon} alt="" />
        <h1>{t("Teach a small board to know your machine.")}</h1>
        <p className="lead">
          {t(
            "Limpet records what a machine feels and sounds like, learns to tell its states apart on this computer, and puts what it learnt on a board that runs on its own. Nothing leaves this computer.",
          )}
        </p>
        <Button
          size="lg"
          leftSection={<MonitorPlay size={20} />}
          loading={create.running}
          onClick={() => void makeExample()}
        >
          {t("Try it without hardware")}
        </Button>
        <p className="soft small" style={{ marginTop: 10 }}>
          {t("A motor with two faults and a simulated board, through all seven steps, in a few minutes.")}
        </p>
        <div className="row" style={{ marginTop: 30, gap: 2 }}>
          <Appearance />
          <span className="soft small">{t("Limpet {{version}}", { version: info?.version ?? "" })}</span>
        </div>
      </div>
      <div className="stack" style={{ gap: 12 }}>
        {create.running && (
          <WorkProgress
            title={t("Making the project")}
            stage={create.stage}
            fraction={create.fraction}
            startedAt={create.startedAt}
            onCancel={create.cancel}
          />
        )}
        <ErrorMessage error={create.error ?? open.error} />
        <button type="button" className="choice" onClick={() => void makeNew()}>
          <FilePlus2 size={24} aria-hidden />
          <b>{t("New project")}</b>
          <small>{t("One file that holds recordings, labels and models. You choose where.")}</small>
        </button>
        <button type="button" className="choice" onClick={() => void openOne()}>
          <FolderOpen size={24} aria-hidden />
          <b>{t("Open project…")}</b>
          <small>{t("A .limpet file from this computer")}</small>
        </button>
        <section className="card">
          <h2>{t("Opened lately")}</h2>
          {(recent.result ?? []).length === 0 && (
            <p className="soft">{t("Projects that you open appear here.")}</p>
          )}
          {(recent.result ?? []).slice(0, 6).map((project) => (
            <div className="row" key={project.path}>
              <button
                type="button"
                className="linklike grow"
                disabled={!project.exists}
                title={project.path}
                onClick={() => void openOne(project.path)}
              >
                {project.name}
              </button>
              <span className="soft small">
                {project.exists ? new Date(project.openedAt).toLocaleDateString() : t("no longer there")}
              </span>
            </div>
          ))}
        </section>
      </div>
    </main>
  );
}
