/**
 * The one error class of Limpet. Every failure that a user can meet carries a code from the closed list below, a sentence
 * that says what happened, and a sentence that says what to do. Foreign errors are translated once, where they enter.
 */

/** Each code with the exit code of the command line (see the command-line contract). */
export const ERROR_CODES = {
  /** The user or a signal ended the work; nothing done so far is lost. */
  cancelled: 130,
  /** A command, flag or parameter that does not exist or does not fit. */
  usage: 2,
  /** A file handed in is empty, truncated, of another format, or holds values that cannot be used. */
  "invalid-file": 2,
  /** A design (window, features, network, training) has an unknown or impossible value; `field` holds its path. */
  "invalid-design": 2,
  /** The project was written by a newer Limpet. */
  "project-newer": 2,
  /** The file is not a Limpet project. */
  "project-invalid": 2,
  /** The project file is damaged; `limpet check` says where. */
  "project-corrupt": 1,
  /** Another program holds the project file. */
  "project-locked": 1,
  /** A recording, experiment or file that was named does not exist. */
  "not-found": 2,
  /** The disk is full. */
  "disk-full": 1,
  /** The place cannot be written to. */
  "read-only": 1,
  /** The dataset cannot be trained on as it is (one class, no windows, NaN). */
  "invalid-dataset": 1,
  /** Training or evaluation failed. */
  "training-failed": 1,
  /** A network cannot be expressed with the operations that the boards have. */
  "conversion-failed": 1,
  /** A part of Limpet that setup builds is missing (WASM, firmware, QEMU). */
  "setup-missing": 1,
  /** No board at the port. */
  "board-not-found": 3,
  /** Another program holds the port. */
  "board-busy": 3,
  /** The user may not open the port. */
  "board-permission": 3,
  /** The board went away in the middle of the work. */
  "board-unplugged": 3,
  /** The board answered with bytes that are not the Limpet protocol. */
  "board-protocol": 3,
  /** The board did not answer in time. */
  "board-timeout": 3,
  /** The board understood the command and refused it. */
  "board-refused": 3,
  /** A mistake in Limpet itself. */
  internal: 1,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What a serialised error looks like between engine and user interface. */
export type ErrorData = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly field?: string | undefined;
};

export class LimpetError extends Error {
  readonly code: ErrorCode;
  /** What the user can do about it, as one sentence. */
  readonly hint: string | undefined;
  /** Path of the field, file or port that is to blame. */
  readonly field: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; field?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "LimpetError";
    this.code = code;
    this.hint = options.hint;
    this.field = options.field;
  }

  /** Exit code of the command line for this error. */
  get exitCode(): number {
    return ERROR_CODES[this.code];
  }

  toData(): ErrorData {
    return { code: this.code, message: this.message, hint: this.hint, field: this.field };
  }

  static fromData(data: ErrorData): LimpetError {
    return new LimpetError(data.code, data.message, { hint: data.hint, field: data.field });
  }
}

/** Throws `cancelled` if the signal has been aborted. Call between steps of long work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new LimpetError("cancelled", "Cancelled.", { cause: signal.reason });
  }
}

/** Closes a `switch` over a union: the compiler refuses the call while a case is missing. */
export function assertNever(value: never, what: string): never {
  throw new LimpetError("internal", `Unexpected ${what}: ${JSON.stringify(value)}`);
}
