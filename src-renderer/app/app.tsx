/** The window: providers, welcome page or frame with the place in hand, notices, keys. */
import { createTheme, type MantineColorsTuple, MantineProvider, NumberInput } from "@mantine/core";
import i18next from "i18next";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import icon from "../../resources/icons/limpet.svg";
import { CollectPlace } from "../collect/collect-place.tsx";
import type { EngineClient } from "../connection/client.ts";
import { ConvertPlace } from "../convert/convert-place.tsx";
import { DeployPlace } from "../deploy/deploy-place.tsx";
import { DesignPlace } from "../design/design-place.tsx";
import { EvaluatePlace } from "../evaluate/evaluate-place.tsx";
import { GoalPlace } from "../goal/goal-place.tsx";
import { said } from "../locales/engine-texts.ts";
import { decimalSeparator } from "../locales/format.ts";
import { TrainPlace } from "../train/train-place.tsx";
import { WelcomePlace } from "../welcome/welcome-place.tsx";
import { FilePickerHost } from "../widgets/file-picker.tsx";
import { Message } from "../widgets/parts.tsx";
import { BoardDialog } from "./board-dialog.tsx";
import { EngineContext, useEngine } from "./engine-context.ts";
import { Hint } from "./hint.tsx";
import { LogDrawer } from "./log-drawer.tsx";
import { PlaceGuard } from "./place-guard.tsx";
import { ProjectDialog } from "./project-dialog.tsx";
import { ShortcutsDialog } from "./shortcuts-dialog.tsx";
import { SideBar } from "./side-bar.tsx";
import { StatusLine } from "./status-line.tsx";
import { notifyError, PLACES, useApp } from "./store.ts";

const sea: MantineColorsTuple = [
  "#e6f4f3",
  "#cfe6e4",
  "#a0d1ce",
  "#6fc9c4",
  "#3f9f9c",
  "#1f8082",
  "#146f74",
  "#0f656a",
  "#0b5d63",
  "#07474c",
];

const theme = createTheme({
  fontFamily: "var(--font)",
  primaryColor: "sea",
  primaryShade: { light: 8, dark: 3 },
  autoContrast: true,
  colors: { sea },
  defaultRadius: 8,
  respectReducedMotion: true,
});

const CONTENT = {
  goal: GoalPlace,
  collect: CollectPlace,
  design: DesignPlace,
  train: TrainPlace,
  convert: ConvertPlace,
  evaluate: EvaluatePlace,
  deploy: DeployPlace,
} as const;

export function App({ client }: { client: EngineClient }) {
  const { i18n } = useTranslation();
  const point = decimalSeparator(i18n.resolvedLanguage);
  // Fields for numbers write them as the language does.
  const inLanguage = useMemo(
    () => ({
      ...theme,
      components: { NumberInput: NumberInput.extend({ defaultProps: { decimalSeparator: point } }) },
    }),
    [point],
  );
  return (
    <MantineProvider theme={inLanguage} defaultColorScheme="auto">
      <EngineContext value={client}>
        <Window />
        <BoardDialog />
        <ShortcutsDialog />
        <ProjectDialog />
        <FilePickerHost />
        <Notices />
      </EngineContext>
    </MantineProvider>
  );
}

function Window() {
  const { t } = useTranslation();
  const { summary, place, loaded, channel } = useApp();
  useKeys();
  useEffect(() => {
    document.title = summary === null ? "Limpet" : `${t(`place.${place}`)} – ${summary.name} – Limpet`;
  }, [summary, place, t]);
  if (!loaded) {
    return (
      <main className="starting">
        <img src={icon} alt="" />
        <h1>Limpet</h1>
        <p className="soft" role="status">
          {channel === "lost" ? t("The engine cannot be reached. Trying again…") : t("Starting…")}
        </p>
      </main>
    );
  }
  if (summary === null) return <WelcomePlace />;
  const Place = CONTENT[place];
  return (
    <div className="frame">
      <a className="skip" href="#place">
        {t("Skip to the content")}
      </a>
      <SideBar />
      <main className="place" id="place" key={place} tabIndex={-1}>
        <EngineLost />
        <Hint />
        <PlaceGuard>
          <Place />
        </PlaceGuard>
      </main>
      <LogDrawer />
      <StatusLine />
    </div>
  );
}

/** Over every place while the engine is away, so that nobody works on in vain. */
function EngineLost() {
  const { t } = useTranslation();
  const channel = useApp((state) => state.channel);
  if (channel !== "lost") return null;
  return (
    <div className="hint-holder">
      <Message
        level="error"
        message={t("The engine cannot be reached. Trying again…")}
        hint={t("What was saved is unharmed. Limpet goes on by itself as soon as the engine is back.")}
      />
    </div>
  );
}

/** Ctrl+1..7 change the place, Ctrl+B opens the boards, Ctrl+L the log, Ctrl+Z and Ctrl+Shift+Z undo and redo outside of text fields, ? lists all keys. */
function useKeys(): void {
  const client = useEngine();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const writing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (event.key === "?" && !writing) useApp.setState({ shortcutsOpened: true });
      if (!(event.ctrlKey || event.metaKey) || event.altKey || useApp.getState().summary === null) return;
      if (event.key.toLowerCase() === "l") {
        event.preventDefault();
        useApp.setState((state) => ({ logOpened: !state.logOpened }));
      }
      if (event.key.toLowerCase() === "b") {
        event.preventDefault();
        useApp.getState().openBoards(true);
      }
      const place = PLACES[Number(event.key) - 1];
      if (place !== undefined) {
        event.preventDefault();
        useApp.getState().go(place);
      }
      if (event.key.toLowerCase() === "z" && !writing) {
        event.preventDefault();
        client
          .request(event.shiftKey ? "project:redo" : "project:undo", {})
          .then((answer) => {
            const what = "undone" in answer ? answer.undone : answer.redone;
            if (what !== null) {
              const prefix = event.shiftKey ? "Redone" : "Undone";
              useApp.getState().notify({ level: "info", message: `${i18next.t(prefix)}: ${said(what)}` });
            }
          })
          .catch(notifyError);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [client]);
}

const NOTICE_MS = 10_000;

function Notices() {
  const notices = useApp((state) => state.notices);
  const dismiss = useApp((state) => state.dismiss);
  const last = notices.at(-1);
  useEffect(() => {
    // Errors stay until they are closed.
    if (last === undefined || last.level === "error") return;
    const timer = setTimeout(() => dismiss(last.id), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [last, dismiss]);
  return (
    <section className="notices" aria-label={i18next.t("Messages")}>
      {notices.map((notice) => (
        <Message
          key={notice.id}
          level={notice.level}
          message={notice.message}
          code={notice.code}
          hint={notice.hint}
          onClose={() => dismiss(notice.id)}
          action={
            notice.action && (
              <button
                type="button"
                className="linklike"
                onClick={() => {
                  notice.action?.run();
                  dismiss(notice.id);
                }}
              >
                {notice.action.label}
              </button>
            )
          }
        />
      ))}
    </section>
  );
}
