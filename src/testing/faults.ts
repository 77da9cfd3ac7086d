import { type IoFailure, KvIoError } from "../errors.ts";
import { OptionReader } from "../option_values.ts";
import type { Random } from "./random.ts";

/** An operation: the methods of a storage and of its files; `release` is that of the lock. */
export type StorageOperation =
  | "lock"
  | "release"
  | "list"
  | "open"
  | "readAt"
  | "create"
  | "append"
  | "reserve"
  | "sync"
  | "close"
  | "rename"
  | "remove"
  | "syncDirectory";

const OPERATIONS: readonly StorageOperation[] = [
  "lock",
  "release",
  "list",
  "open",
  "readAt",
  "create",
  "append",
  "reserve",
  "sync",
  "close",
  "rename",
  "remove",
  "syncDirectory",
];

/** One call of a storage. */
export interface StorageCall {
  /** The operation called. */
  readonly operation: StorageOperation;
  /** Name of the file, before a rename; empty if no file is involved. */
  readonly file: string;
  /** Of a rename: the new name. */
  readonly to?: string;
  /** Of a read, an append or a reserve: how many bytes. */
  readonly bytes?: number;
  /** The fault that hit the call. */
  readonly fault?: FaultKind;
}

/**
 * How a call goes wrong.
 *
 * - `"fail"`: it fails and does nothing.
 * - `"fail-after"`: it does its work, but is reported as failed.
 * - `"torn"`: an append fails after some or all of its bytes were written. Hits only appends.
 * - `"lost-sync"`: a sync, of a file or the directory, reports success but makes nothing durable. A
 *   later one does.
 * - `"dropped-sync"`: a sync fails, and what it should have made durable never will be: the next
 *   one "succeeds" without it, as on systems that mark pages clean after a failed write.
 */
export type FaultKind =
  | "fail"
  | "fail-after"
  | "torn"
  | "lost-sync"
  | "dropped-sync";

const KINDS: readonly FaultKind[] = [
  "fail",
  "fail-after",
  "torn",
  "lost-sync",
  "dropped-sync",
];

/** A fault to inject: which calls go wrong, and how. */
export interface Fault {
  /** How. */
  readonly kind: FaultKind;
  /** Hits calls of this operation, or of any of these. Default: of all. */
  readonly operation?: StorageOperation | readonly StorageOperation[];
  /**
   * Hits calls on the file of this name, or whose name matches; `g` and `y` are refused: they make
   * matching stateful. Default: all calls, even without a file.
   */
  readonly file?: string | RegExp;
  /** The first of the matching calls to hit. Default 1, the next one. */
  readonly from?: number;
  /** How many of them in a row to hit. Default 1; `Infinity`: all from then on. */
  readonly times?: number;
  /** The `failure` of the error. Default `"other"`. */
  readonly failure?: IoFailure;
  /** Of a torn append: how many bytes are written. Default: a random part. */
  readonly bytes?: number;
}

/** A fault that was injected. */
export interface InjectedFault {
  /** How many calls it has hit so far. */
  readonly struck: number;
  /** Removes the fault. A second call does nothing. */
  remove(): void;
}

const FAILURES: readonly IoFailure[] = [
  "missing",
  "exists",
  "full",
  "denied",
  "other",
];
const SYNCS: readonly StorageOperation[] = ["sync", "syncDirectory"];

/** The faults of a storage. */
export class Faults {
  readonly #active = new Set<ActiveFault>();

  /** Checks a fault and makes it strike from the next call on. */
  inject(fault: Fault): InjectedFault {
    const active = new ActiveFault(fault);
    this.#active.add(active);
    return {
      get struck() {
        return active.struck;
      },
      remove: () => void this.#active.delete(active),
    };
  }

  /** Ends all of them. */
  clear(): void {
    this.#active.clear();
  }

  /**
   * The fault that strikes a call: of several the one that was injected first. All of them count
   * the call.
   */
  strike(call: StorageCall): StruckFault | undefined {
    let struck: StruckFault | undefined;
    for (const fault of this.#active) {
      if (fault.isDue(call)) struck ??= fault.strike();
    }
    return struck;
  }
}

/** What a fault does to the call that it strikes. */
export interface StruckFault {
  readonly kind: FaultKind;
  readonly failure: IoFailure;
  /** Bytes of an append that land, unless chance decides. */
  readonly bytes: number | undefined;
}

class ActiveFault {
  struck = 0;
  #seen = 0;
  readonly #fault: StruckFault;
  readonly #operations: readonly StorageOperation[];
  readonly #file: string | RegExp | undefined;
  readonly #from: number;
  readonly #end: number;

  constructor(fault: Fault) {
    const given = new OptionReader("inject", fault);
    const kind = given.oneOf("kind", KINDS);
    const failure = given.oneOf("failure", FAILURES, "other");
    const bytes = given.integer("bytes", { min: 0 });
    this.#fault = { kind, failure, bytes };
    this.#operations = given.someOf("operation", OPERATIONS)
      .filter((operation) => canStrike(kind, operation));
    this.#file = patternOf(given);
    this.#from = given.integer("from", { min: 1, preset: 1 });
    this.#end = this.#from + given.amount("times", 1);
    given.refuseOthers();
  }

  /** Counts a call that comes into question and says whether it is to be struck. */
  isDue({ operation, file }: StorageCall): boolean {
    if (!this.#operations.includes(operation)) return false;
    const pattern = this.#file;
    const isFile = pattern === undefined ||
      (typeof pattern === "string" ? pattern === file : pattern.test(file));
    if (!isFile) return false;
    this.#seen++;
    return this.#seen >= this.#from && this.#seen < this.#end;
  }

  strike(): StruckFault {
    this.struck++;
    return this.#fault;
  }
}

/** A name or a regular expression; `g` and `y` are refused: they make matching stateful. */
function patternOf(given: OptionReader): string | RegExp | undefined {
  const value = given.read("file");
  if (value === undefined || typeof value === "string") return value;
  const isPattern = value instanceof RegExp && !value.global && !value.sticky;
  if (isPattern) return value;
  throw given.refused(
    "file",
    "a name or a regular expression without g and y",
    value,
  );
}

function canStrike(kind: FaultKind, operation: StorageOperation): boolean {
  if (kind === "torn") return operation === "append";
  return kind === "fail" || kind === "fail-after" || SYNCS.includes(operation);
}

/** How many of the bytes of a torn append land. */
export function landedBytes(
  { bytes }: StruckFault,
  length: number,
  random: Random,
): number {
  return Math.min(length, bytes ?? random.below(length + 1));
}

/** The error of a call that a fault has struck. */
export function faultError(
  { operation, file }: StorageCall,
  { kind, failure }: StruckFault,
): KvIoError {
  return new KvIoError(operation, file, failure, {
    cause: new Error(`injected fault "${kind}"`),
  });
}
