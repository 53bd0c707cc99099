/** What to do when a board cannot be connected: what happened, one next step, and what to check after that. */
import { Button } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ErrorCode, LimpetError } from "../../src-shared/errors.ts";
import { Message } from "../widgets/parts.tsx";

/** What to check where the first step does not help, in the order of how often it is the reason. */
const CHECKS: Partial<Record<ErrorCode, readonly string[]>> = {
  "board-not-found": [
    "The cable carries data: many cables only charge. Try one that a telephone is read out with.",
    "The board has power: a lamp on it is lit.",
    "Another USB socket of this computer, without a hub between.",
  ],
  "board-busy": [
    "A serial monitor, an Arduino or another Limpet window may have the port open.",
    "Unplug the board and plug it in again, if no such program is open.",
  ],
  "board-permission": ["After the command, log out and in again: rights are given at login."],
  "board-protocol": [
    "Another program is on the board. Limpet's firmware is written to it in Deploy.",
    "If it prints numbers line by line, it can be used once firmware of Limpet is on it.",
  ],
  "board-timeout": [
    "Press the board's reset button once and try again.",
    "If a lamp pulses slowly, the board is in its bootloader: press reset once more.",
  ],
  "board-unplugged": ["See that the plug sits well, and that the cable is not bent at the board."],
};

export function ConnectionHelp({ error, port }: { error: LimpetError | null; port: string }) {
  const { t } = useTranslation();
  if (error === null) return null;
  const checks = CHECKS[error.code] ?? [];
  const command = /`((?:sudo|npm) [^`]+)`/.exec(error.hint ?? "")?.[1];
  return (
    <Message
      level="error"
      message={error.message}
      hint={error.hint}
      action={
        <>
          {command !== undefined && <Command text={command} />}
          {checks.length > 0 && (
            <ul className="checks" aria-label={t("What to check at {{port}}", { port })}>
              {checks.map((check) => (
                <li key={check}>{t(check)}</li>
              ))}
            </ul>
          )}
        </>
      }
    />
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
