import type { KvError } from "../errors.ts";

/** The command was not understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * An error of the engine, with what to do about it on the command line in the place of what is said
 * of all errors of its kind.
 */
export class HintedError extends Error {
  override readonly name = "HintedError";
  override readonly cause: KvError;
  /** What to do; `undefined` where the message says it all. */
  readonly hint: string | undefined;

  constructor(cause: KvError, hint?: string) {
    super(cause.message, { cause });
    this.cause = cause;
    this.hint = hint;
  }
}

/** Input that cannot be read as what it should be, or output that cannot be written. */
export class DataError extends Error {
  override readonly name: string = "DataError";
  /** What to do about it, where that is known. */
  readonly hint: string | undefined;

  constructor(
    message: string,
    options: ErrorOptions & { readonly hint?: string | undefined } = {},
  ) {
    super(message, options);
    this.hint = options.hint;
  }
}

/**
 * Reads what was typed on the command line: what cannot be read there is a command that was not
 * understood.
 */
export function typed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** A key that has no value. */
export class NotFound extends Error {
  override readonly name = "NotFound";
  /** The key as a value of JSON. */
  readonly key: unknown;

  constructor(line: string, key: unknown) {
    super(notFoundText(line));
    this.key = key;
  }
}

/** What is said of a key without value, which is shown as `line`. */
export function notFoundText(line: string): string {
  return `Not found: ${line || "the empty key"}`;
}

/** Nobody reads the output any more. */
export class BrokenPipe extends Error {
  override readonly name = "BrokenPipe";
}

/** A signal has asked for the end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** Number of the signal. */
  readonly number: number;

  constructor(signalName: string, number: number) {
    super(`Ended by ${signalName}`);
    this.number = number;
  }
}
