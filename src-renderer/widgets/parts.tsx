/** Small parts of every place: page with its heading and one action, messages, empty states, meters, progress. */
import { Button } from "@mantine/core";
import { CircleAlert, CircleCheck, Info, TriangleAlert, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ErrorCode, LimpetError } from "../../src-shared/errors.ts";
import { useApp } from "../app/store.ts";
import { said, say } from "../locales/engine-texts.ts";

export function Page(props: {
  title: string;
  question: string;
  aside?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="page">
      <header>
        <div>
          <h1>{props.title}</h1>
          <p className="question">{props.question}</p>
        </div>
        {props.aside}
      </header>
      {props.children}
      {props.action !== undefined && <div className="action">{props.action}</div>}
    </div>
  );
}

export function Card(props: { id?: string; title?: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="card" id={props.id}>
      {props.title !== undefined && (
        <div className="row">
          <h2 className="grow">{props.title}</h2>
          {props.aside}
        </div>
      )}
      {props.children}
    </section>
  );
}

const ICONS = { error: CircleAlert, warning: TriangleAlert, info: Info, good: CircleCheck } as const;

/** A message of the window's, or of the engine's, which is said in the window's language as far as that is known. */
export function Message(props: {
  level: keyof typeof ICONS;
  message: string;
  /** Kind of the error: its headline stands above a message that stayed English. */
  code?: ErrorCode | undefined;
  hint?: string | undefined;
  action?: ReactNode;
  onClose?: () => void;
}) {
  const { t } = useTranslation();
  const Icon = ICONS[props.level];
  const message = say(props.message);
  return (
    <div className="message" data-level={props.level} role={props.level === "error" ? "alert" : "status"}>
      <Icon size={18} aria-hidden style={{ marginTop: 2 }} />
      <div>
        {!message.known && props.code !== undefined && <p>{t(`error.${props.code}`)}</p>}
        <p lang={message.known ? undefined : "en"}>{message.text}</p>
        {props.hint !== undefined && <p>{withCode(props.hint)}</p>}
        {props.action}
      </div>
      {props.onClose !== undefined && (
        <Button
          variant="subtle"
          size="compact-xs"
          color="gray"
          onClick={props.onClose}
          aria-label={t("Close")}
        >
          <X size={16} />
        </Button>
      )}
    </div>
  );
}

/** A sentence, in the window's language as far as that is known, with what stands between backticks as code. */
export function withCode(text: string): ReactNode {
  return said(text)
    .split("`")
    .map((part, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no identity but their place.
      index % 2 === 0 ? part : <code key={index}>{part}</code>,
    );
}

export function ErrorMessage({ error, action }: { error: LimpetError | null; action?: ReactNode }) {
  if (error === null) return null;
  return (
    <Message level="error" message={error.message} code={error.code} hint={error.hint} action={action} />
  );
}

export function Empty(props: { text: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <svg className="shell" viewBox="0 0 96 60" aria-hidden="true" fill="none" stroke="currentColor">
        <path d="M48 6C36 18 18 34 6 52h84C78 34 60 18 48 6Z" strokeWidth="2.5" strokeLinejoin="round" />
        <path d="M48 20v26M40 24 28 46M56 24l12 22" strokeWidth="2" strokeLinecap="round" />
      </svg>
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}

/** A quantity against its limit. */
export function Meter(props: { name: string; value: number; limit: number; text: string }) {
  const share = props.limit > 0 ? props.value / props.limit : 0;
  return (
    <div className="meter">
      <span>{props.name}</span>
      {/* biome-ignore lint/a11y/useSemanticElements: a meter element cannot be drawn as ours is. */}
      <div
        className="bar"
        role="meter"
        aria-label={props.name}
        aria-valuemin={0}
        aria-valuemax={props.limit}
        aria-valuenow={Math.min(props.value, props.limit)}
        aria-valuetext={props.text}
        data-over={share > 1}
      >
        <i style={{ width: `${Math.min(100, Math.max(share > 0 ? 1 : 0, share * 100))}%` }} />
      </div>
      <span>{props.text}</span>
    </div>
  );
}

/** Progress of long work: the step's name, how far, how long, and Cancel. */
export function WorkProgress(props: {
  title: string;
  stage: string;
  fraction: number;
  startedAt: number;
  onCancel: () => void;
  more?: ReactNode;
}) {
  const { t } = useTranslation();
  const seconds = useSecondsSince(props.startedAt);
  const { fraction } = props;
  const left = fraction > 0.05 && seconds >= 2 ? Math.ceil((seconds * (1 - fraction)) / fraction) : null;
  return (
    <section className="card" aria-busy>
      <div className="row">
        <h2 className="grow">{props.title}</h2>
        <span className="soft">
          {left === null
            ? t("{{seconds}} s so far", { seconds })
            : t("{{seconds}} s so far, about {{left}} s left", { seconds, left })}
        </span>
        {props.more}
        <Button variant="default" size="xs" onClick={props.onCancel}>
          {t("Cancel")}
        </Button>
      </div>
      <Meter
        name={t("Progress")}
        value={props.fraction}
        limit={1}
        text={`${Math.round(props.fraction * 100)} %`}
      />
      {props.stage !== "" && <p className="soft small">{said(props.stage)}</p>}
    </section>
  );
}

function useSecondsSince(startedAt: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.round((now - startedAt) / 1000));
}

export { kilobytes, percent } from "../locales/format.ts";

const SHAPES = ["●", "▲", "■", "◆", "✚", "▼"] as const;

/** Colour and shape of a class: never told apart by colour alone. From the seventh on, colours come back with other shapes. */
export function classMark(
  labels: readonly string[],
  label: string,
): { color: string; shape: string; index: number } {
  const index = Math.max(0, labels.indexOf(label));
  return { color: `var(--c${index % 6})`, shape: SHAPES[(index + Math.floor(index / 6)) % 6] ?? "●", index };
}

export function ClassChip({ label }: { label: string }) {
  const labels = useLabels();
  const { color, shape } = classMark(labels, label);
  return (
    <span className="chip">
      <span style={{ color }} aria-hidden>
        {shape}
      </span>
      {label}
    </span>
  );
}

/** Names of all classes: the goal's first, then labels that only recordings carry. */
export function useLabels(): readonly string[] {
  const summary = useApp((state) => state.summary);
  const names = summary?.goal.classes.map(({ name }) => name) ?? [];
  const found = summary?.labels.map(({ label }) => label) ?? [];
  return [...new Set([...names, ...found])];
}
