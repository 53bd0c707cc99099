/**
 * What every command is given: how to answer, how to show progress, how to fail (the command-line contract: one JSON value on
 * standard output, everything else on standard error, one exit code for each kind of end). Knows no command.
 */
import { LimpetError } from "../../../src-shared/errors.ts";
import type { WorkOptions } from "../../../src-shared/work.ts";
import { ProgressLine } from "./progress-line.ts";

export type CliFlags = { readonly json: boolean; readonly debug: boolean };

/** The streams a command may write to; those of the process in life. */
export type CliStreams = {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
};

export type CliContext = {
  readonly flags: CliFlags;
  /** Answers: `value` as one line of JSON with `--json`, else the text of `human`. To be called once. */
  out(value: unknown, human: () => string): void;
  /** A line for people (standard error), for example an address or a warning. */
  note(text: string): void;
  /** Begins long work: its progress is shown on standard error, Ctrl+C aborts its signal. */
  work(title: string): WorkOptions & { readonly signal: AbortSignal };
  /** Wraps a command's action: errors become a message, a hint and an exit code. */
  run<A extends unknown[]>(
    action: (...parameters: A) => void | Promise<void>,
  ): (...parameters: A) => Promise<void>;
};

export class Cli implements CliContext {
  readonly flags: CliFlags;
  readonly #streams: CliStreams;
  readonly #abort = new AbortController();
  #progress: ProgressLine | null = null;
  #answered = false;
  #working = false;
  /** Exit code so far; `process.exitCode` of a command that answered but found something wrong comes on top. */
  exitCode = 0;

  constructor(flags: CliFlags, streams: CliStreams = process) {
    this.flags = flags;
    this.#streams = streams;
  }

  out(value: unknown, human: () => string): void {
    this.#progress?.clear();
    if (this.#answered) {
      throw new LimpetError("internal", "A command answered twice.");
    }
    this.#answered = true;
    this.#streams.stdout.write(`${this.flags.json ? JSON.stringify(value) : human()}\n`);
  }

  note(text: string): void {
    this.#progress?.clear();
    this.#streams.stderr.write(`${text}\n`);
  }

  work(title: string): WorkOptions & { readonly signal: AbortSignal } {
    this.#working = true;
    const progress = new ProgressLine(title, this.#streams.stderr);
    this.#progress = progress;
    return { signal: this.#abort.signal, onProgress: (stage, fraction) => progress.show(stage, fraction) };
  }

  run<A extends unknown[]>(
    action: (...parameters: A) => void | Promise<void>,
  ): (...parameters: A) => Promise<void> {
    return async (...parameters) => {
      try {
        await action(...parameters);
      } catch (error) {
        this.fail(error);
      } finally {
        this.#progress?.clear();
      }
    };
  }

  /** Ends the work because of a signal; false where there is no work that could end by itself. */
  interrupt(): boolean {
    this.#abort.abort(new LimpetError("cancelled", "Interrupted."));
    return this.#working;
  }

  /** Shows an error to people, and with `--json` also as `{error}` where nothing was answered yet. */
  fail(error: unknown): void {
    this.#progress?.clear();
    const known = knownError(error, this.#abort.signal.aborted);
    this.exitCode = known.exitCode;
    this.#streams.stderr.write(`${this.flags.debug ? debugText(error, known) : errorText(known)}\n`);
    if (this.flags.json && !this.#answered) {
      this.#answered = true;
      this.#streams.stdout.write(`${JSON.stringify({ error: known.toData() })}\n`);
    }
  }
}

/** Any error as one of ours. An abort that surfaced as a foreign error counts as cancelled. */
function knownError(error: unknown, interrupted: boolean): LimpetError {
  if (error instanceof LimpetError) {
    return error;
  }
  if (interrupted && error instanceof Error && error.name === "AbortError") {
    return new LimpetError("cancelled", "Interrupted.", { cause: error });
  }
  if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND") {
    return new LimpetError("setup-missing", "A part of Limpet that this needs is missing.", {
      hint: 'Run `npm run setup`. Where that does not help, this version cannot do it yet (README, "What is not there yet").',
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LimpetError("internal", `Limpet made a mistake: ${message}`, {
    hint: "Run the command again with --debug and report what it prints.",
    cause: error,
  });
}

function errorText(error: LimpetError): string {
  return error.hint === undefined ? error.message : `${error.message}\n${error.hint}`;
}

function debugText(error: unknown, known: LimpetError): string {
  const lines = [errorText(known), `[${known.code}]`];
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    lines.push(cause.stack ?? String(cause));
  }
  return lines.join("\n");
}
