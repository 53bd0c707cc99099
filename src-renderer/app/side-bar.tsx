/** Device selector, the seven places with where each stands, appearance. */
import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { Check, ChevronsUpDown, Cpu, Keyboard, Lightbulb, Loader, Moon, RefreshCw, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import icon from "../../resources/icons/limpet.svg";
import { said } from "../locales/engine-texts.ts";
import { useEngine } from "./engine-context.ts";
import { useRunningWork } from "./kept-work.ts";
import { LanguageChoice } from "./language-choice.tsx";
import { notifyError, PLACES, type Place, stepsInHand, useApp } from "./store.ts";

/** Where a request is at home. */
const WORK_PLACES: readonly (readonly [beginning: string, place: Place])[] = [
  ["training:", "train"],
  ["evaluation:compare-without", "train"],
  ["conversion:", "convert"],
  ["evaluation:", "evaluate"],
  ["diagnosis:", "evaluate"],
  ["deployment:", "deploy"],
];

export function SideBar() {
  const { t } = useTranslation();
  const client = useEngine();
  const state = useApp();
  const { place, go } = state;
  const steps = stepsInHand(state);
  const working = useRunningWork().map(
    (name) => WORK_PLACES.find(([beginning]) => name.startsWith(beginning))?.[1],
  );
  return (
    <nav className="side" aria-label={t("Steps")}>
      <DeviceSelector />
      <ol>
        {PLACES.map((name, index) => {
          const stands = steps?.[name] ?? "to-do";
          return (
            <li key={name}>
              <button
                type="button"
                className="step"
                data-state={stands}
                title={t("{{place}} (Ctrl+{{key}})", { place: t(`place.${name}`), key: index + 1 })}
                aria-keyshortcuts={`Control+${index + 1}`}
                {...(place === name ? { "aria-current": "step" as const } : {})}
                onClick={() => go(name)}
              >
                <span className="mark" aria-hidden>
                  {stands === "done" ? (
                    <Check size={14} />
                  ) : stands === "out-of-date" ? (
                    <RefreshCw size={13} />
                  ) : (
                    index + 1
                  )}
                </span>
                <span>{t(`place.${name}`)}</span>
                {stands === "done" && <span className="visually-hidden">{t("done")}</span>}
                {working.includes(name) ? (
                  <small className="working">
                    <Loader size={13} aria-hidden /> {t("running")}
                  </small>
                ) : (
                  <small>{stands === "out-of-date" ? t("out of date") : ""}</small>
                )}
              </button>
            </li>
          );
        })}
      </ol>
      <footer>
        <button
          type="button"
          className="brand grow"
          title={t("Close the project")}
          aria-label={t("Close the project and go to the start page")}
          onClick={() => {
            client
              .request("project:close", {})
              .then(() => useApp.setState({ summary: null, recordings: [], experiments: [] }))
              .catch(notifyError);
          }}
        >
          <img src={icon} alt="" />
          <span>Limpet</span>
        </button>
        <Appearance />
      </footer>
    </nav>
  );
}

export function Appearance() {
  const { t } = useTranslation();
  const { guided, setGuided } = useApp();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === "dark" || (colorScheme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <>
      <ActionIcon
        variant="subtle"
        size={38}
        aria-pressed={guided}
        aria-label={guided ? t("Hide hints") : t("Show hints")}
        title={guided ? t("Hide hints") : t("Show hints")}
        onClick={() => setGuided(!guided)}
      >
        <Lightbulb size={17} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        size={38}
        aria-label={t("Keys")}
        title={t("Keys (?)")}
        onClick={() => useApp.setState({ shortcutsOpened: true })}
      >
        <Keyboard size={18} />
      </ActionIcon>
      <LanguageChoice />
      <ActionIcon
        variant="subtle"
        size={38}
        aria-label={dark ? t("Light appearance") : t("Dark appearance")}
        title={dark ? t("Light appearance") : t("Dark appearance")}
        onClick={() => setColorScheme(dark ? "light" : "dark")}
      >
        {dark ? <Sun size={17} /> : <Moon size={17} />}
      </ActionIcon>
    </>
  );
}

function DeviceSelector() {
  const { t } = useTranslation();
  const board = useApp((state) => state.board);
  const openBoards = useApp((state) => state.openBoards);
  const name =
    board.kind === "connected"
      ? said(board.info.name)
      : board.kind === "disconnected"
        ? t("No board")
        : board.port;
  const detail =
    board.kind === "connected"
      ? t("connected, {{port}}", { port: board.info.port })
      : board.kind === "disconnected"
        ? t("Choose a board")
        : board.kind === "connecting"
          ? t("Connecting…")
          : board.kind === "reconnecting"
            ? t("Reconnecting, attempt {{attempt}}…", { attempt: board.attempt })
            : t("Could not connect");
  return (
    <button
      type="button"
      className="device"
      data-kind={board.kind}
      aria-keyshortcuts="Control+b"
      onClick={() => openBoards(true)}
    >
      <Cpu size={20} aria-hidden />
      <span>
        <b>{name}</b>
        <small>{detail}</small>
      </span>
      <ChevronsUpDown size={15} aria-hidden />
    </button>
  );
}
