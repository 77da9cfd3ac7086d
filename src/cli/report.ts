import { CommanderError } from "commander";
import {
  KvCorruptionError,
  KvError,
  type KvErrorCode,
  KvIoError,
  KvLockedError,
} from "../errors.ts";
import { escapeText } from "./escape.ts";
import {
  DATA_FAILED,
  DONE,
  FAULT,
  NOT_FOUND,
  SIGNALLED,
  STORE_FAILED,
  USAGE,
} from "./exit_codes.ts";
import {
  BrokenPipe,
  DataError,
  HintedError,
  Interrupted,
  NotFound,
  UsageError,
} from "./failure.ts";
import type { Host } from "./host.ts";
import { FileError, problemOf } from "./system_error.ts";

/** How a failure is told and what the program ends with. */
export interface Failure {
  /** A word for programs: that of the engine or of the system, or one of our own. */
  readonly code: string;
  /** One line for people; empty where there is nothing to say. */
  readonly message: string;
  /** What to do about it, where that is known. */
  readonly hint?: string | undefined;
  /** More for programs: which file, which key. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

const HINTS: Partial<Record<KvErrorCode, string>> = {
  KV_CORRUPTION:
    "verify lists all damage, repair saves what can be saved into a new store",
  KV_NOT_FOUND: "put and load create a store with --create",
  KV_POISONED: "free some space or mend the disk, then run the command again",
};

/**
 * Tells of an error on standard error, as a line, or as JSON for programs, and answers with the
 * exit code. `prefix` is what a line begins with, so that it is known who speaks.
 */
export async function report(
  host: Host,
  error: unknown,
  prefix: string,
): Promise<number> {
  const failure = failureOf(error);
  if (failure.message !== "") {
    await host.note(
      host.isJson
        ? failureJson(failure, host.facts)
        : failureLine(failure, prefix),
    );
  }
  return failure.exitCode;
}

/** What there is to say of an error. */
export function failureOf(error: unknown): Failure {
  const failure = described(error);
  const isFault = failure.exitCode === FAULT;
  return isFault
    ? failure
    : { ...failure, message: escapeText(failure.message) };
}

function described(error: unknown): Failure {
  if (error instanceof BrokenPipe) {
    return { code: "EPIPE", message: "", exitCode: DONE };
  }
  if (error instanceof CommanderError) return ofParser(error);
  if (error instanceof KvError) return ofEngine(error);
  if (error instanceof HintedError) {
    return { ...ofEngine(error.cause), hint: error.hint };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Interrupted) {
    const exitCode = SIGNALLED + error.number;
    return { code: "INTERRUPTED", message, exitCode };
  }
  if (error instanceof NotFound) {
    const facts = { key: error.key };
    return { code: "NOT_FOUND", message, facts, exitCode: NOT_FOUND };
  }
  if (error instanceof UsageError) {
    return { code: "USAGE", message, exitCode: USAGE };
  }
  if (error instanceof FileError) {
    const { code, hint, path } = error;
    return { code, message, hint, facts: { path }, exitCode: DATA_FAILED };
  }
  if (error instanceof DataError) {
    return { code: "DATA", message, hint: error.hint, exitCode: DATA_FAILED };
  }
  return ofSystem(error) ??
    { code: "FAULT", message: faultText(error), exitCode: FAULT };
}

/**
 * The parser's own words, without what it puts before them, and with its suggestion as the hint.
 */
function ofParser({ code, exitCode, message }: CommanderError): Failure {
  // It has written the help or the version, and that is all there is to say.
  if (exitCode === DONE || code === "commander.help") {
    return { code, message: "", exitCode: exitCode === DONE ? DONE : USAGE };
  }
  const [problem, suggestion] = message.replace(/^error: /, "").split("\n");
  const similar = /^\(Did you mean (.*)\?\)$/.exec(suggestion ?? "")?.[1];
  return {
    code: "USAGE",
    message: problem!,
    hint: similar === undefined ? "see help" : `did you mean ${similar}?`,
    exitCode: USAGE,
  };
}

function ofEngine(error: KvError): Failure {
  const { code, message } = error;
  const exitCode = code === "KV_INVALID_ARGUMENT" ? USAGE : STORE_FAILED;
  const failure = { code, message, hint: HINTS[code], exitCode };
  if (error instanceof KvCorruptionError) {
    const { file, offset } = error;
    return { ...failure, facts: { file, offset } };
  }
  if (error instanceof KvLockedError) {
    return { ...failure, facts: { holder: error.holder } };
  }
  return error instanceof KvIoError
    ? { ...failure, ...ofStorage(error) }
    : failure;
}

/**
 * In the place of the system's words those of people, and the path of the file, where the system
 * has said it.
 */
function ofStorage(
  { operation, file, failure, message, cause }: KvIoError,
): Partial<Failure> {
  const facts = { operation, file, failure };
  const system = problemOf(cause);
  if (system === undefined) return { message, facts };
  const name = pathOf(cause) ?? (file || "the store");
  const action = operation === "syncDirectory" ? "sync" : operation;
  return {
    message: `Cannot ${action} ${name}: ${system.problem}`,
    hint: system.hint,
    facts,
  };
}

/** An error of the system that nobody has said anything of. */
function ofSystem(error: unknown): Failure | undefined {
  const system = problemOf(error);
  if (system === undefined) return undefined;
  const path = pathOf(error);
  const place = path === undefined ? "go on" : `use ${path}`;
  return {
    code: system.code,
    message: `Cannot ${place}: ${system.problem}`,
    hint: system.hint,
    exitCode: DATA_FAILED,
  };
}

function pathOf(error: unknown): string | undefined {
  const path = (error as { path?: unknown } | null)?.path;
  return typeof path === "string" ? path : undefined;
}

/** A fault of this program is told with all that helps to find it. */
function faultText(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** A failure as one line. That a key is not there is an answer, which needs no code. */
function failureLine(
  { code, message, hint }: Failure,
  prefix: string,
): string {
  if (code === "NOT_FOUND") return message;
  const end = hint === undefined ? "" : ` (${hint})`;
  return `${prefix}${code}: ${message}${end}`;
}

function failureJson(
  { code, message, hint, facts }: Failure,
  more: Readonly<Record<string, unknown>>,
): string {
  return JSON.stringify({ error: { code, message, hint, ...facts, ...more } });
}
