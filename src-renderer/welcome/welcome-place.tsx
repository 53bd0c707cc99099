/** First page: try it without hardware, a new project, one from disk, those opened lately, and the seven steps at a glance. */
import { Button, Menu } from "@mantine/core";
import {
  ChevronDown,
  Cpu,
  FilePlus2,
  FolderOpen,
  Gauge,
  type LucideIcon,
  Mic,
  MonitorPlay,
  Shrink,
  SlidersHorizontal,
  Target,
  TrendingUp,
} from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import icon from "../../resources/icons/limpet.svg";
import type { RequestParams } from "../../src-shared/contract/index.ts";
import { useEngine, useWork } from "../app/engine-context.ts";
import { Appearance } from "../app/side-bar.tsx";
import { notifyError, PLACES, type Place, useApp } from "../app/store.ts";
import { dateOf } from "../locales/format.ts";
import { joinPath, pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, WorkProgress } from "../widgets/parts.tsx";

const STEPS: Record<Place, { readonly Icon: LucideIcon; readonly text: string }> = {
  goal: { Icon: Target, text: "Say what the board should tell apart" },
  collect: { Icon: Mic, text: "Record vibration and sound, or import files" },
  design: { Icon: SlidersHorizontal, text: "Choose what the model looks at" },
  train: { Icon: TrendingUp, text: "Train on this computer, offline" },
  convert: { Icon: Shrink, text: "Make it small enough for a board" },
  evaluate: { Icon: Gauge, text: "Test it on what it has not seen" },
  deploy: { Icon: Cpu, text: "Put it on the board and watch it work" },
};

type ExampleName = NonNullable<RequestParams<"project:create">["example"]>;

const OTHER_EXAMPLES: readonly {
  readonly example: ExampleName;
  readonly name: string;
  readonly what: string;
}[] = [
  {
    example: "gestures",
    name: "Gestures",
    what: "Figures drawn in the air, told apart by the acceleration of the hand",
  },
  {
    example: "wake-word",
    name: "Wake word",
    what: "One spoken word among others and noise; needs espeak-ng",
  },
  { example: "sine", name: "Sine", what: "The smallest network there is: a number from a number" },
];

export function WelcomePlace() {
  const { t } = useTranslation();
  const client = useEngine();
  const info = useApp((state) => state.info);
  const create = useWork("project:create");
  const open = useWork("project:open");
  const [tried, setTried] = useState<string | null>(null);
  const [stamp] = useState(() =>
    new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-"),
  );

  const makeExample = async (example: ExampleName): Promise<void> => {
    const name =
      example === "motor"
        ? t("Limpet motor example {{stamp}}.limpet", { stamp })
        : t("Limpet example {{example}} {{stamp}}.limpet", { example, stamp });
    useApp.getState().setGuided(true);
    const summary = await create.start({ path: joinPath(info?.homeFolder ?? "", name), example });
    if (summary === null) return;
    useApp.setState({ summary, place: "goal" });
    // The simulated board's own machine is the motor: for the others, its sensor has nothing to show.
    if (example !== "motor") return;
    await client.request("boards:connect", { port: "simulated", signals: [] }).catch(notifyError);
  };
  const makeNew = async (): Promise<void> => {
    const [path] = await pickPaths({
      mode: "save",
      title: t("New project"),
      extensions: ["limpet"],
      defaultName: t("My machine.limpet"),
    });
    if (path !== undefined) await create.start({ path: path.endsWith(".limpet") ? path : `${path}.limpet` });
  };
  const openOne = async (known?: string): Promise<void> => {
    const path =
      known ?? (await pickPaths({ mode: "files", title: t("Open project"), extensions: ["limpet"] }))[0];
    if (path === undefined) return;
    setTried(path);
    await open.start({ path });
  };
  return (
    <main className="welcome">
      <header className="welcome-head">
        <img src={icon} alt="" />
        <b>Limpet</b>
        <span className="soft small">{info?.version}</span>
        <span className="grow" />
        <Appearance />
      </header>
      <div>
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
          onClick={() => void makeExample("motor")}
          data-autofocus
        >
          {t("Try it without hardware")}
        </Button>
        <Menu position="bottom-start" width={330}>
          <Menu.Target>
            <Button
              size="lg"
              variant="subtle"
              rightSection={<ChevronDown size={17} />}
              disabled={create.running}
            >
              {t("Other examples")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {OTHER_EXAMPLES.map(({ example, name, what }) => (
              <Menu.Item key={example} onClick={() => void makeExample(example)}>
                <b>{t(name)}</b>
                <br />
                <span className="soft small">{t(what)}</span>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <p className="soft small" style={{ marginTop: 10 }}>
          {t("A motor with two faults and a simulated board, through all seven steps, in a few minutes.")}
        </p>
      </div>
      <div className="ways">
        {create.running && (
          <WorkProgress
            title={t("Making the project")}
            stage={create.stage}
            fraction={create.fraction}
            startedAt={create.startedAt}
            onCancel={create.cancel}
          />
        )}
        <ErrorMessage
          error={create.error ?? open.error}
          action={
            tried !== null &&
            (open.error?.code === "project-corrupt" || open.error?.code === "project-invalid") ? (
              <Button
                size="xs"
                variant="default"
                style={{ marginTop: 8 }}
                onClick={() => useApp.setState({ projectDialog: { path: tried } })}
              >
                {t("Copies of earlier days…")}
              </Button>
            ) : undefined
          }
        />
        <button type="button" className="choice" onClick={() => void makeNew().catch(notifyError)}>
          <FilePlus2 size={24} aria-hidden />
          <b>{t("New project")}</b>
          <small>{t("One file that holds recordings, labels and models. You choose where.")}</small>
        </button>
        <button type="button" className="choice" onClick={() => void openOne().catch(notifyError)}>
          <FolderOpen size={24} aria-hidden />
          <b>{t("Open project…")}</b>
          <small>{t("A .limpet file from this computer")}</small>
        </button>
        <Recent onOpen={(path) => void openOne(path)} />
      </div>
      <ol className="way" aria-label={t("The seven steps")}>
        {PLACES.map((place, index) => {
          const { Icon, text } = STEPS[place];
          return (
            <li key={place}>
              <Icon size={22} aria-hidden />
              <b>
                {index + 1} {t(`place.${place}`)}
              </b>
              <span>{t(text)}</span>
            </li>
          );
        })}
      </ol>
    </main>
  );
}

function Recent({ onOpen }: { onOpen: (path: string) => void }) {
  const { t } = useTranslation();
  const recent = useWork("project:list-recent");
  useEffect(() => {
    void recent.start({});
  }, [recent.start]);
  const projects = (recent.result ?? []).slice(0, 4);
  return (
    <section className="card">
      <h2>{t("Recent projects")}</h2>
      {projects.length === 0 ? (
        <p className="soft">{t("Projects that you open appear here.")}</p>
      ) : (
        <ul className="recent">
          {projects.map((project) => (
            <li key={project.path}>
              <button
                type="button"
                className="linklike"
                disabled={!project.exists}
                title={project.path}
                onClick={() => onOpen(project.path)}
              >
                {project.name}
              </button>
              <span className="soft small">
                {project.exists ? dateOf(project.openedAt) : t("no longer there")}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
