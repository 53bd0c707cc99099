/**
 * What to do when a board cannot be connected: the doctor's findings with one next step each, the command or the button that
 * does it, and behind a fold what to check after that.
 */
import { Button } from "@mantine/core";
import { Check, Copy, Zap } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ConnectionFinding } from "../../src-shared/contract/index.ts";
import type { ErrorCode, LimpetError } from "../../src-shared/errors.ts";
import { said } from "../locales/engine-texts.ts";
import { Message, Meter } from "../widgets/parts.tsx";
import { useWork, type Work } from "./engine-context.ts";

/** What to check where the first step does not help, in the order of how often it is the reason. */
const CHECKS: Partial<Record<ErrorCode, readonly string[]>> = {
  "board-not-found": [
    "The cable carries data: many cables only charge. Try one that copies files from a phone.",
    "The board has power: a lamp on it is lit.",
    "Another USB socket of this computer, without a hub between.",
  ],
  "board-busy": [
    "A serial monitor, an Arduino or another Limpet window may have the port open.",
    "Unplug the board and plug it in again, if no such program is open.",
  ],
  "board-permission": ["After the command, log out and in again: rights are given at login."],
  "board-protocol": [
    "Another program is on the board. A board that prints numbers line by line can be recorded from as it is.",
    "A program that prints words between the numbers is not understood: have it print numbers only.",
  ],
  "board-timeout": [
    "Press the board's reset button once and try again.",
    "If a lamp pulses slowly, the board is in its bootloader: press reset once more.",
  ],
  "board-unplugged": ["Check that the plug is firmly in, and that the cable is not bent at the board."],
};

/** Codes that the doctor has something to say about. */
const EXAMINED: readonly ErrorCode[] = [
  "board-not-found",
  "board-busy",
  "board-permission",
  "board-protocol",
  "board-timeout",
];

export function ConnectionHelp(props: {
  error: LimpetError | null;
  port: string;
  firmware: Work<"boards:write-firmware">;
  onConnect: (port: string) => void;
  onWrite: (port: string) => void;
}) {
  const { t } = useTranslation();
  const { error, port, firmware } = props;
  const doctor = useWork("boards:diagnose");
  const { start, clear } = doctor;
  const examined = error !== null && EXAMINED.includes(error.code);
  useEffect(() => {
    if (examined) void start({ port });
    else clear();
  }, [examined, port, start, clear]);
  if (firmware.running) return <WritingFirmware work={firmware} />;
  if (firmware.error !== null) {
    return <Message level="error" message={firmware.error.message} hint={firmware.error.hint} />;
  }
  if (error === null) return null;
  const checks = CHECKS[error.code] ?? [];
  const findings = doctor.result ?? [];
  const known = findings.length > 0;
  return (
    <Message
      level="error"
      message={error.message}
      hint={known || doctor.running ? undefined : error.hint}
      action={
        <>
          {doctor.running && <p role="status">{t("Looking for the reason…")}</p>}
          {findings.map((finding) => (
            <Finding key={finding.cause + finding.message} finding={finding} {...props} />
          ))}
          {checks.length > 0 && !doctor.running && (
            <details className="more-checks">
              <summary>{t("If that does not help")}</summary>
              <ul className="checks" aria-label={t("What to check at {{port}}", { port })}>
                {checks.map((check) => (
                  <li key={check}>{t(check)}</li>
                ))}
              </ul>
            </details>
          )}
        </>
      }
    />
  );
}

/** Why a board that is plugged in is not in the list: asked for by the user. */
export function MissingBoardHelp(props: {
  onConnect: (port: string) => void;
  onWrite: (port: string) => void;
}) {
  const { t } = useTranslation();
  const doctor = useWork("boards:diagnose");
  const findings = doctor.result;
  return (
    <>
      <Button
        variant="subtle"
        size="xs"
        style={{ justifySelf: "start" }}
        loading={doctor.running}
        onClick={() => void doctor.start({ port: null })}
      >
        {t("My board is not in the list")}
      </Button>
      {doctor.error !== null && (
        <Message level="error" message={doctor.error.message} hint={doctor.error.hint} />
      )}
      {findings !== null && (
        <Message
          level={findings.length > 0 ? "warning" : "info"}
          message={
            findings.length > 0
              ? t("What was found")
              : t("Every board that this computer sees is in the list. Look again after plugging it in.")
          }
          onClose={doctor.clear}
          action={findings.map((finding) => (
            <Finding key={finding.cause + finding.message} finding={finding} {...props} />
          ))}
        />
      )}
    </>
  );
}

function Finding(props: {
  finding: ConnectionFinding;
  onConnect: (port: string) => void;
  onWrite: (port: string) => void;
}) {
  const { t } = useTranslation();
  const { action, message, next, command, cause } = props.finding;
  return (
    <div className="finding" data-cause={cause}>
      <p>{said(message)}</p>
      <p>
        <b>{said(next)}</b>
      </p>
      {command !== undefined && <Command text={command} />}
      {action?.kind === "write-firmware" && (
        <Button
          size="sm"
          variant="default"
          leftSection={<Zap size={16} />}
          onClick={() => props.onWrite(action.port)}
        >
          {t("Write Limpet's firmware onto it")}
        </Button>
      )}
      {action?.kind === "connect" && (
        <Button size="sm" variant="default" onClick={() => props.onConnect(action.port)}>
          {t("Connect at {{port}}", { port: action.port })}
        </Button>
      )}
    </div>
  );
}

function WritingFirmware({ work }: { work: Work<"boards:write-firmware"> }) {
  const { t } = useTranslation();
  return (
    <section className="message" data-level="info" aria-busy>
      <Zap size={18} aria-hidden />
      <div className="stack" style={{ gap: 8 }}>
        <p>{t("Writing the firmware. Leave the board plugged in.")}</p>
        <Meter
          name={t("Progress")}
          value={work.fraction}
          limit={1}
          text={`${Math.round(work.fraction * 100)} %`}
        />
        <p className="soft small" role="status">
          {work.stage === "" ? t("Starting…") : t(work.stage)}
        </p>
      </div>
      <Button variant="default" size="xs" onClick={work.cancel}>
        {t("Cancel")}
      </Button>
    </section>
  );
}

/** A command to be typed elsewhere, with a button that copies it. */
function Command({ text }: { text: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  return (
    <div className="command">
      <code>{text}</code>
      <Button
        size="xs"
        variant="default"
        leftSection={copied ? <Check size={14} /> : <Copy size={14} />}
        onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}
      >
        {copied ? t("Copied") : t("Copy")}
      </Button>
    </div>
  );
}
