/** The drawer at the bottom edge: what Limpet said, and the engine's own log, to be read and copied. Closed by default. */
import { Button, SegmentedControl } from "@mantine/core";
import { Copy, RefreshCw, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { RequestResult } from "../../src-shared/contract/index.ts";
import { timeOf } from "../locales/format.ts";
import { useEngine } from "./engine-context.ts";
import { notifyError, useApp } from "./store.ts";

type Line = RequestResult<"app:get-log">[number];
type Source = "said" | "engine";

/** The engine's log is asked for this often while it is shown, milliseconds. */
const REFRESH_MS = 2000;

export function LogDrawer() {
  const { t } = useTranslation();
  const opened = useApp((state) => state.logOpened);
  const [source, setSource] = useState<Source>("said");
  const said = useSaid();
  const { lines: engine, refresh } = useEngineLog(opened && source === "engine");
  const end = useRef<HTMLDivElement>(null);
  const lines = source === "said" ? said : engine;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest line is shown whenever there is one more.
  useEffect(() => {
    const box = end.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  }, [lines.length, opened, source]);
  if (!opened) return null;
  const close = (): void => useApp.setState({ logOpened: false });
  const copy = (): void => {
    navigator.clipboard
      .writeText(lines.map(textOf).join("\n"))
      .then(() => useApp.getState().notify({ level: "good", message: t("Copied.") }))
      .catch(notifyError);
  };
  return (
    <section
      className="log-drawer"
      aria-label={t("Log")}
      onKeyDown={(event) => event.key === "Escape" && close()}
    >
      <div className="row">
        <h2>{t("Log")}</h2>
        <SegmentedControl
          size="xs"
          aria-label={t("Which log")}
          value={source}
          onChange={(value) => setSource(value === "engine" ? "engine" : "said")}
          data={[
            { value: "said", label: t("What Limpet said") },
            { value: "engine", label: t("The engine's log") },
          ]}
        />
        <span className="grow" />
        {source === "engine" && (
          <Button size="xs" variant="default" leftSection={<RefreshCw size={14} />} onClick={refresh}>
            {t("Read again")}
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<Copy size={14} />}
          disabled={lines.length === 0}
          onClick={copy}
        >
          {t("Copy")}
        </Button>
        <button type="button" className="icon-button" aria-label={t("Close the log")} onClick={close}>
          <X size={18} />
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys. */}
      <div className="log-lines" ref={end} tabIndex={0} role="log" aria-label={t("Lines of the log")}>
        {lines.length === 0 ? (
          <p className="soft">{t("Nothing yet.")}</p>
        ) : (
          lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end.
            <p key={index} data-level={line.level}>
              <time dateTime={line.at}>{timeOf(line.at)}</time>
              <b>{t(`level.${line.level}`)}</b>
              <span>
                {line.message}
                {line.detail !== "" && <span className="soft"> {line.detail}</span>}
              </span>
            </p>
          ))
        )}
      </div>
    </section>
  );
}

const textOf = ({ at, level, message, detail }: Line): string =>
  `${at} ${level.toUpperCase()} ${message}${detail === "" ? "" : ` ${detail}`}`;

/** Notices of this window since it was opened. */
function useSaid(): readonly Line[] {
  const history = useApp((state) => state.history);
  return useMemo(
    () =>
      history.map(({ at, level, message, hint }) => ({
        at,
        level: level === "good" ? ("info" as const) : level,
        message,
        detail: hint ?? "",
      })),
    [history],
  );
}

function useEngineLog(on: boolean): { readonly lines: readonly Line[]; refresh(): void } {
  const client = useEngine();
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` asks anew.
  useEffect(() => {
    if (!on) return;
    let ended = false;
    const read = (): void => {
      client
        .request("app:get-log", {})
        .then((found) => !ended && setLines(found))
        .catch(() => {});
    };
    read();
    const timer = setInterval(read, REFRESH_MS);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [client, on, asked]);
  return { lines, refresh: () => setAsked((before) => before + 1) };
}
