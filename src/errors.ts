/**
 * The errors of purekv: one class for each way a caller may react, each with a stable code.
 *
 * @module
 */

/** The stable codes that {@linkcode KvError.code} can carry. */
export type KvErrorCode =
  /** A file of the store holds bytes that this engine did not write there. */
  | "KV_CORRUPTION"
  /** Another engine has the store open. */
  | "KV_LOCKED"
  /** The engine, snapshot or batch was closed before the call, or the keyspace was dropped. */
  | "KV_CLOSED"
  /** A write was attempted on a store opened with `readOnly`. */
  | "KV_READ_ONLY"
  /** An argument or option is out of bounds or of the wrong type. */
  | "KV_INVALID_ARGUMENT"
  /** There is no store at the given location. */
  | "KV_NOT_FOUND"
  /** The storage refused a read, write, sync, rename or remove. */
  | "KV_IO"
  /**
   * An earlier write or sync failed, perhaps in the background: nothing more is acknowledged until
   * the store is reopened.
   */
  | "KV_POISONED"
  /** The runtime or the storage cannot do what was asked. */
  | "KV_UNSUPPORTED"
  /** An import ended early: its source failed, or it was aborted. */
  | "KV_INTERRUPTED";

/**
 * Every error that purekv throws on purpose. Branch on {@linkcode KvError.code}, which is stable;
 * the message is for people and may change.
 *
 * @example Tell a locked store from other failures
 * ```ts
 * import { KvError, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 *
 * const storage = new MemoryStorage();
 * await using db = await open(storage);
 * try {
 *   await open(storage);
 * } catch (error) {
 *   if (!(error instanceof KvError && error.code === "KV_LOCKED")) throw error;
 * }
 * ```
 */
export class KvError extends Error {
  /** What happened, as a stable code. */
  readonly code: KvErrorCode;

  /**
   * Makes an error with a code.
   *
   * @param code What happened, as a stable code.
   * @param message What went wrong, where, and what to do.
   * @param options The error that caused this one, if any.
   */
  constructor(code: KvErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "KvError";
    this.code = code;
  }
}

/**
 * A file of the store is damaged: `KV_CORRUPTION`. Nothing was changed on storage.
 *
 * @example
 * ```ts
 * import { KvCorruptionError, open } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const storage = new FaultStorage();
 * {
 *   await using db = await open(storage);
 *   await db.put("a", "1");
 * }
 * storage.writeFile("MANIFEST", new Uint8Array(64));
 * const error = await open(storage).catch((error) => error);
 * assert(error instanceof KvCorruptionError);
 * assertEquals([error.code, error.file, error.offset], ["KV_CORRUPTION", "MANIFEST", 0]);
 * ```
 */
export class KvCorruptionError extends KvError {
  /** Name of the damaged file within the store. */
  readonly file: string;
  /** Where in the file the damage was noticed, in bytes from its start. */
  readonly offset: number;

  /**
   * Makes the error for damage at a place in a file.
   *
   * @param file Name of the damaged file within the store.
   * @param offset Where the damage was noticed, in bytes from the start of the file.
   * @param problem What was found there, as half a sentence.
   * @param options The error that caused this one, if any.
   */
  constructor(
    file: string,
    offset: number,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(
      "KV_CORRUPTION",
      `Damaged file ${file} at byte ${offset}: ${problem}`,
      options,
    );
    this.name = "KvCorruptionError";
    this.file = file;
    this.offset = offset;
  }
}

/**
 * The store is open elsewhere: `KV_LOCKED`.
 *
 * @example
 * ```ts
 * import { KvLockedError, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assert } from "@std/assert";
 *
 * const storage = new MemoryStorage();
 * await using _db = await open(storage);
 * const error = await open(storage).catch((error) => error);
 * assert(error instanceof KvLockedError); // `holder` says who has it, where that is known
 * ```
 */
export class KvLockedError extends KvError {
  /** Who holds the store, as far as known: runtime, process and time of opening. */
  readonly holder: string;

  /**
   * Makes the error for a store that is open elsewhere.
   *
   * @param location The store that could not be opened.
   * @param holder Who holds it.
   */
  constructor(location: string, holder: string) {
    super(
      "KV_LOCKED",
      `Cannot open ${location}: it is in use by ${holder}; close that engine first`,
    );
    this.name = "KvLockedError";
    this.holder = holder;
  }
}

/** Why a storage operation failed, as far as the engine distinguishes. */
export type IoFailure = "missing" | "exists" | "full" | "denied" | "other";

/**
 * The storage failed: `KV_IO`. {@linkcode Error.cause} holds the runtime's error.
 *
 * @example
 * ```ts
 * import { KvIoError, open } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assert } from "@std/assert";
 *
 * const storage = new FaultStorage();
 * const db = await open(storage);
 * storage.inject({ operation: "append", kind: "fail" });
 * const error = await db.put("a", "1").catch((error) => error);
 * assert(error instanceof KvIoError);
 * await db.close().catch(() => {});
 * ```
 */
export class KvIoError extends KvError {
  /** The operation of the storage that failed, for example `append`. */
  readonly operation: string;
  /** Name of the file inside the store, or an empty string for the store itself. */
  readonly file: string;
  /** Why, as far as the engine distinguishes. */
  readonly failure: IoFailure;

  /**
   * Makes the error for an operation of the storage.
   *
   * @param operation The operation that failed.
   * @param file Name of the file, or an empty string for the store itself.
   * @param failure Why it failed.
   * @param options The error of the runtime as `cause`.
   */
  constructor(
    operation: string,
    file: string,
    failure: IoFailure,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause;
    const detail = cause instanceof Error ? cause.message : failure;
    const remedy = remedyFor(cause);
    super(
      "KV_IO",
      `Cannot ${operation} ${file || "the store"}: ${detail}${
        remedy === undefined ? "" : `; ${remedy}`
      }`,
      options,
    );
    this.name = "KvIoError";
    this.operation = operation;
    this.file = file;
    this.failure = failure;
  }
}

/**
 * An import ended before its source did. {@linkcode Error.cause} is the reason: the source's error,
 * the signal's reason, or an error of the store. The code is that of the store's error, otherwise
 * `KV_INTERRUPTED`.
 *
 * @example
 * ```ts
 * import { KvImportError, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assert, assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * function* source(): Generator<[string, string]> {
 *   yield ["a", "1"];
 *   throw new Error("The line is gone");
 * }
 * const error = await db.importFrom(source(), { batchSize: 1 }).catch((error) => error);
 * assert(error instanceof KvImportError);
 * assertEquals([error.code, error.entries], ["KV_INTERRUPTED", 1]);
 * assertEquals(await db.get("a"), "1");
 * ```
 */
export class KvImportError extends KvError {
  /**
   * Entries stored: the first ones of the source. They are durable, unless the import had
   * `sync: false`.
   */
  readonly entries: number;
  /** Bytes of their keys and values, as encoded. */
  readonly bytes: number;

  /**
   * Makes the error for an import that ended early.
   *
   * @param done What is stored, and the entry of the source, counted from 1, at which the import
   * ended.
   * @param cause Why it ended.
   */
  constructor(
    done: {
      readonly entries: number;
      readonly bytes: number;
      readonly at: number;
    },
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      cause instanceof KvError ? cause.code : "KV_INTERRUPTED",
      `Import failed at entry ${done.at} (${done.entries} entries stored): ${reason}`,
      { cause },
    );
    this.name = "KvImportError";
    this.entries = done.entries;
    this.bytes = done.bytes;
  }
}

/** Makes the error for an argument or option that is out of bounds; `problem` names it. */
export function invalidArgument(problem: string): KvError {
  return new KvError("KV_INVALID_ARGUMENT", problem);
}

/** Makes the corruption error for damage in `file` at `offset`. */
export function corruption(
  file: string,
  offset: number,
  problem: string,
): KvCorruptionError {
  return new KvCorruptionError(file, offset, problem);
}

/** Whether `error` says that a file is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof KvIoError && error.failure === "missing";
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** What helps where the process or the system has run out of something. */
const REMEDIES: ReadonlyMap<unknown, string> = new Map([
  ["EMFILE", "raise the limit of open files of this process (ulimit -n)"],
  [
    "ENFILE",
    "the system has too many files open: close some, or raise its limit",
  ],
  ["ENOMEM", "the system is out of memory: free some"],
]);

function remedyFor(cause: unknown): string | undefined {
  return REMEDIES.get(codeOf(cause));
}

/** Whether the process or the system has run out of something, which says nothing of the file. */
export function isShortage(error: KvIoError): boolean {
  return remedyFor(error.cause) !== undefined;
}
