/** Choosing a board: what is plugged in, the virtual board and the simulated one with the signals that they measure. */
import { Button, Modal, TextInput } from "@mantine/core";
import { Cpu, FileAudio, MonitorPlay, RefreshCw, Usb, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BoardInfo } from "../../src-shared/contract/index.ts";
import { said } from "../locales/engine-texts.ts";
import { pickPaths } from "../widgets/file-picker.tsx";
import { ErrorMessage, withCode } from "../widgets/parts.tsx";
import { ConnectionHelp, MissingBoardHelp } from "./connection-help.tsx";
import { useEngine, useWork } from "./engine-context.ts";
import { notifyError, useApp } from "./store.ts";

export const SIGNAL_EXTENSIONS = ["wav", "csv", "ts", "json", "cbor"];

const UNKNOWN = { firmware: null, model: null, sensors: [] };
const VIRTUAL: BoardInfo = { ...UNKNOWN, port: "virtual", board: "virtual", name: "Virtual board" };
const SIMULATED: BoardInfo = { ...UNKNOWN, port: "simulated", board: "simulated", name: "Simulated board" };

const isMadeHere = (port: string): boolean => port === "virtual" || port === "simulated";

export function BoardDialog() {
  const { t } = useTranslation();
  const opened = useApp((state) => state.boardsOpened);
  const openBoards = useApp((state) => state.openBoards);
  return (
    <Modal
      closeButtonProps={{ "aria-label": t("Close") }}
      opened={opened}
      onClose={() => openBoards(false)}
      title={t("Choose a board")}
      size={680}
    >
      {opened && <BoardList onClose={() => openBoards(false)} />}
    </Modal>
  );
}

/** What is chosen first: the board in use, else the first one plugged in that answers, else the simulated one. */
function firstChoice(boards: readonly BoardInfo[], inUse: string | null): string {
  const plugged = boards.find(({ port, problem }) => !isMadeHere(port) && problem === undefined);
  return inUse ?? plugged?.port ?? "simulated";
}

function BoardList({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const client = useEngine();
  const state = useApp((app) => app.board);
  const list = useWork("boards:list");
  const connect = useWork("boards:connect");
  const firmware = useWork("boards:write-firmware");
  const [picked, setPicked] = useState<string | null>(null);
  const [signals, setSignals] = useState<readonly string[]>([]);
  const [address, setAddress] = useState("");
  useEffect(() => {
    void list.start({});
  }, [list.start]);
  const { info } = useApp.getState();
  // What this computer makes itself is there at once, also while ports are still asked.
  const boards = list.result ?? (info?.virtualBoard.available === false ? [SIMULATED] : [VIRTUAL, SIMULATED]);
  const port = picked ?? firstChoice(boards, state.kind === "connected" ? state.info.port : null);
  const wanted = port === "other" ? address.trim() : port;
  const connected = state.kind === "connected" && state.info.port === wanted && signals.length === 0;
  const submit = async (): Promise<void> => {
    const answer = await connect.start({ port: wanted, signals: isMadeHere(port) ? [...signals] : [] });
    if (answer?.kind === "connected") onClose();
  };
  const choose = (next: string): void => {
    setPicked(next);
    connect.clear();
    firmware.clear();
  };
  /** Connects where the doctor says. */
  const connectAt = async (next: string): Promise<void> => {
    choose("other");
    setAddress(next);
    const answer = await connect.start({ port: next, signals: [] });
    if (answer?.kind === "connected") onClose();
  };
  const write = async (at: string): Promise<void> => {
    const answer = await firmware.start({ port: at });
    if (answer?.kind !== "connected") return;
    useApp.getState().notify({
      level: "good",
      message: t("Limpet's firmware is on the board, and the board is connected."),
    });
    onClose();
  };
  return (
    <form
      className="stack"
      style={{ gap: 12 }}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== "") void submit();
      }}
    >
      <div className="row">
        <p className="soft grow" role="status">
          {list.running
            ? t("Looking for boards…")
            : t("Plug a board in by USB and it appears here. Any board that prints numbers will do.")}
        </p>
        <Button
          variant="default"
          size="xs"
          loading={list.running}
          onClick={() => void list.start({})}
          leftSection={<RefreshCw size={14} />}
        >
          {t("Look again")}
        </Button>
      </div>
      <ErrorMessage error={list.error} />
      <div className="stack" style={{ gap: 8, minHeight: 222 }}>
        {boards.map((board) => (
          <BoardChoice
            key={board.port}
            board={board}
            chosen={port === board.port}
            onChoose={() => choose(board.port)}
          />
        ))}
        <button
          type="button"
          className="choice"
          aria-pressed={port === "other"}
          onClick={() => choose("other")}
        >
          <Usb size={22} aria-hidden />
          <b>{t("Another port")}</b>
          <small>
            {t("A serial port by its name (COM5, or COM5@9600 for another speed), or tcp://host:port")}
          </small>
        </button>
      </div>
      {port === "other" && (
        <TextInput
          label={t("Port")}
          placeholder="/dev/ttyACM0"
          data-autofocus
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
      )}
      {isMadeHere(port) && <Signals signals={signals} onChange={setSignals} />}
      {list.result !== null && !firmware.running && (
        <MissingBoardHelp onConnect={(at) => void connectAt(at)} onWrite={(at) => void write(at)} />
      )}
      <ConnectionHelp
        error={connect.error}
        port={wanted}
        firmware={firmware}
        onConnect={(at) => void connectAt(at)}
        onWrite={(at) => void write(at)}
      />
      <div className="row dialog-foot">
        {state.kind !== "disconnected" && (
          <Button
            variant="default"
            onClick={() => void client.request("boards:disconnect", {}).catch(notifyError)}
          >
            {t("Disconnect")}
          </Button>
        )}
        <span className="grow" />
        {connect.running ? (
          <Button variant="default" onClick={connect.cancel}>
            {t("Cancel")}
          </Button>
        ) : (
          <Button variant="default" onClick={onClose}>
            {t("Close")}
          </Button>
        )}
        <Button type="submit" loading={connect.running} disabled={wanted === "" || firmware.running}>
          {connect.error !== null ? t("Try again") : connected ? t("Reconnect") : t("Connect")}
        </Button>
      </div>
    </form>
  );
}

function Signals(props: { signals: readonly string[]; onChange: (signals: readonly string[]) => void }) {
  const { t } = useTranslation();
  const { signals, onChange } = props;
  const add = async (): Promise<void> => {
    const paths = await pickPaths({
      mode: "files",
      title: t("Signal files"),
      extensions: SIGNAL_EXTENSIONS,
      multiple: true,
    });
    onChange([...new Set([...signals, ...paths])]);
  };
  return (
    <section className="signals" aria-label={t("What its sensor measures")}>
      <div className="row" style={{ flexWrap: "nowrap" }}>
        <div className="grow">
          <h3>{t("What its sensor measures")}</h3>
          <p className="soft small">
            {signals.length === 0
              ? t(
                  "The demo motor, which runs well: its vibration, temperature and production rate. Or files of yours, played at their true rate.",
                )
              : t("These files in turn, at their true rate.")}
          </p>
        </div>
        <Button variant="default" size="xs" onClick={() => void add().catch(notifyError)}>
          {t("Choose signal files…")}
        </Button>
      </div>
      {signals.map((path) => (
        <div className="row" key={path} style={{ flexWrap: "nowrap" }}>
          <FileAudio size={16} aria-hidden />
          <span className="grow path" title={path}>
            {path}
          </span>
          <button
            type="button"
            className="icon-button"
            aria-label={t("Remove {{path}}", { path })}
            onClick={() => onChange(signals.filter((other) => other !== path))}
          >
            <X size={16} />
          </button>
        </div>
      ))}
    </section>
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
        : [
            board.port,
            board.firmware === null || board.firmware === ""
              ? ""
              : t("firmware {{version}}", { version: board.firmware }),
          ]
            .filter(Boolean)
            .join(", ");
  // A board of this computer's own is asked only when it is started; its missing parts are said here.
  return (
    <button type="button" className="choice" aria-pressed={props.chosen} onClick={props.onChoose}>
      <Icon size={22} aria-hidden />
      <b>
        {said(board.name)}
        {board.model !== null && <span className="tag">{board.model.name}</span>}
      </b>
      <small data-problem={board.problem !== undefined}>{withCode(board.problem ?? detail)}</small>
    </button>
  );
}
