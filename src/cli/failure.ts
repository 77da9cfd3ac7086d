import { KvError, type KvErrorCode } from "../errors.ts";
import {
  DATA_FAILED,
  DONE,
  FAULT,
  SIGNALLED,
  STORE_FAILED,
  USAGE,
} from "./exit_codes.ts";
import { escapeText } from "./escape.ts";

/** The command was not understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Input that cannot be read as what it should be, or output that cannot be written. */
export class DataError extends Error {
  override readonly name = "DataError";
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

/** How a failure is told and what the program ends with. */
export interface Failure {
  /** A word for programs: that of the engine, or one of our own. */
  readonly code: string;
  /** One line for people; empty where there is nothing to say. */
  readonly message: string;
  /** What to do about it, where that is known. */
  readonly hint: string | undefined;
  readonly exitCode: number;
}

const HINTS: Partial<Record<KvErrorCode, string>> = {
  KV_CORRUPTION:
    "verify lists all damage, repair saves what can be saved into a new store",
  KV_NOT_FOUND: "put and load make a new store with --create",
  KV_POISONED: "free some space or mend the disk, then run the command again",
};

/** What there is to say of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof BrokenPipe) return failure("EPIPE", "", DONE);
  if (error instanceof Interrupted) {
    return failure("INTERRUPTED", error.message, SIGNALLED + error.number);
  }
  const message = escapeText(
    error instanceof Error ? error.message : String(error),
  );
  if (error instanceof KvError) {
    const isUsage = error.code === "KV_INVALID_ARGUMENT";
    const exitCode = isUsage ? USAGE : STORE_FAILED;
    return failure(error.code, message, exitCode, HINTS[error.code]);
  }
  if (error instanceof UsageError) return failure("USAGE", message, USAGE);
  if (error instanceof DataError) return failure("DATA", message, DATA_FAILED);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && !(error instanceof TypeError)
    ? failure(code, message, DATA_FAILED)
    : failure("FAULT", faultText(error), FAULT);
}

function failure(
  code: string,
  message: string,
  exitCode: number,
  hint?: string,
): Failure {
  return { code, message, hint, exitCode };
}

/** A fault of this program is told with all that helps to find it. */
function faultText(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** A failure as one line. */
export function failureLine({ code, message, hint }: Failure): string {
  return `${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
}
