/** Choosing a board: what is plugged in, the virtual board and the simulated one with the signals that they measure. */
import { Button, Modal, TextInput } from "@mantine/core";
import { Cpu, FileAudio, MonitorPlay, RefreshCw, Usb, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoardInfo } from "../../src-shared/contract/index.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, Message } from "../widgets/parts.tsx";
import { useEngine, useWork } from "./engine-context.ts";
import { notifyError, useApp } from "./store.ts";

export const SIGNAL_EXTENSIONS = ["wav", "csv", "ts", "json", "cbor"];

export function BoardDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={opened}
      onClose={onClose}
      title={<b>{t("Choose a board")}</b>}
      size="lg"
    >
      {opened && <BoardList onClose={onClose} />}
    </Modal>
  );
}

function BoardList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const state = useApp((app) => app.board);
  const list = useWork("boards:list");
  const connect = useWork("boards:connect");
  const [port, setPort] = useState<string>(state.kind === "connected" ? state.info.port : "simulated");
  const [signals, setSignals] = useState<readonly string[]>([]);
  const [address, setAddress] = useState("");
  useEffect(() => {
    void list.start({});
  }, [list.start]);
  const boards = list.result ?? [];
  const made = port === "virtual" || port === "simulated";
  const wanted = port === "other" ? address.trim() : port;
  const submit = async (): Promise<void> => {
    const answer = await connect.start({ port: wanted, signals: made ? [...signals] : [] });
    if (answer?.kind === "connected") onClose();
  };
  return (
    <div className="stack" style={{ gap: 12 }}>
      <div className="row">
        <p className="soft grow">
          {list.running ? t("Looking for boards…") : t("Plug a board in by USB and it appears here.")}
        </p>
        <Button
          variant="default"
          size="xs"
          onClick={() => void list.start({})}
          leftSection={<RefreshCw size={14} />}
        >
          {t("Look again")}
        </Button>
      </div>
      <ErrorMessage error={list.error} />
      {boards.map((board) => (
        <BoardChoice
          key={board.port}
          board={board}
          chosen={port === board.port}
          onChoose={() => setPort(board.port)}
        />
      ))}
      <button
        type="button"
        className="choice"
        aria-pressed={port === "other"}
        onClick={() => setPort("other")}
      >
        <Usb size={22} aria-hidden />
        <b>{t("Another port")}</b>
        <small>{t("A serial port by name, or tcp:host:port")}</small>
      </button>
      {port === "other" && (
        <TextInput
          label={t("Port")}
          placeholder="/dev/ttyACM0"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
      )}
      {made && (
        <section className="card" style={{ boxShadow: "none" }}>
          <h3>{t("What its sensor measures")}</h3>
          <p className="soft small">
            {signals.length === 0
              ? t(
                  "The demo motor: it changes between its states by itself. Or choose recordings from disk, which are played at their true rate.",
                )
              : t("These files are played in turn at their true rate.")}
          </p>
          {signals.map((path) => (
            <div className="row" key={path}>
              <FileAudio size={16} aria-hidden />
              <span className="grow">{path}</span>
              <Button
                variant="subtle"
                color="gray"
                size="compact-xs"
                aria-label={t("Remove {{path}}", { path })}
                onClick={() => setSignals(signals.filter((other) => other !== path))}
              >
                <X size={14} />
              </Button>
            </div>
          ))}
          <Button
            variant="default"
            size="xs"
            style={{ alignSelf: "start" }}
            onClick={async () => {
              const paths = await pickPaths({
                mode: "files",
                title: t("Signal files"),
                extensions: SIGNAL_EXTENSIONS,
                multiple: true,
              });
              setSignals([...new Set([...signals, ...paths])]);
            }}
          >
            {t("Choose signal files…")}
          </Button>
        </section>
      )}
      <ErrorMessage error={connect.error} />
      {connect.result?.kind === "failed" && connect.error === null && (
        <Message level="error" message={connect.result.message} hint={connect.result.hint} />
      )}
      <div className="row" style={{ justifyContent: "flex-end" }}>
        {state.kind !== "disconnected" && (
          <Button
            variant="default"
            onClick={() => void client.request("boards:disconnect", {}).catch(notifyError)}
          >
            {t("Disconnect")}
          </Button>
        )}
        {connect.running && (
          <Button variant="default" onClick={connect.cancel}>
            {t("Cancel")}
          </Button>
        )}
        <Button loading={connect.running} disabled={wanted === ""} onClick={() => void submit()}>
          {t("Connect")}
        </Button>
      </div>
    </div>
  );
}

function BoardChoice(props: { board: BoardInfo; chosen: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  const { board } = props;
  const Icon = board.port === "simulated" ? MonitorPlay : board.port === "virtual" ? Cpu : Usb;
  const detail =
    board.port === "simulated"
      ? t("The board's firmware inside Limpet. No hardware needed.")
      : board.port === "virtual"
        ? t("The real firmware on an emulated Cortex-M4 chip.")
        : board.port;
  return (
    <button type="button" className="choice" aria-pressed={props.chosen} onClick={props.onChoose}>
      <Icon size={22} aria-hidden />
      <b>{board.name}</b>
      <small>{board.problem ?? detail}</small>
    </button>
  );
}
