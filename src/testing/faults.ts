import { type IoFailure, KvIoError } from "../errors.ts";
import { Arguments } from "./arguments.ts";
import type { Random } from "./random.ts";

/**
 * What a storage is asked for: the methods of a storage and of what it hands out; `release` is that
 * of the lock.
 */
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
  /** What was asked for. */
  readonly operation: StorageOperation;
  /** Name of the file, before a rename; empty if it was about none. */
  readonly file: string;
  /** Of a rename: the new name. */
  readonly to?: string;
  /** Of a read, an append or a reserve: how many bytes. */
  readonly bytes?: number;
  /** The fault that struck the call. */
  readonly fault?: FaultKind;
}

/**
 * How a call goes wrong.
 *
 * - `"fail"`: it fails and does nothing.
 * - `"fail-after"`: it does its work, and is reported as failed all the same.
 * - `"torn"`: an append fails although some of its bytes, or all, have landed. Strikes appends
 *   alone.
 * - `"lost-sync"`: a sync, of a file or the directory, reports success and makes nothing durable. A
 *   later one does.
 * - `"dropped-sync"`: a sync fails, and what it should have made durable never will be: the next
 *   one "succeeds" without it, as on systems that mark pages clean whose writing failed.
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

/** A fault to inject: how calls go wrong, and which. */
export interface Fault {
  /** How. */
  readonly kind: FaultKind;
  /** Strikes calls of this operation, or of any of these. Default: of all. */
  readonly operation?: StorageOperation | readonly StorageOperation[];
  /**
   * Strikes calls about the file of this name, or whose name matches. Default: about any, and about
   * none.
   */
  readonly file?: string | RegExp;
  /**
   * Of the calls that come into question, which is the first to be struck. Default 1, the next one.
   */
  readonly from?: number;
  /** How many of them, in a row, are struck. Default 1; `Infinity`: all from then on. */
  readonly times?: number;
  /** What the error says. Default `"other"`. */
  readonly failure?: IoFailure;
  /** Of a torn append: how many bytes land. Default: a random part. */
  readonly bytes?: number;
}

/** A fault that was injected. */
export interface InjectedFault {
  /** How many calls it has struck so far. */
  readonly struck: number;
  /** Ends it. A second call does nothing. */
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
    const given = new Arguments("fault", fault);
    const kind = given.oneOf("kind", KINDS);
    const failure = given.oneOf("failure", FAILURES, "other");
    const bytes = given.integer("bytes", { min: 0 });
    this.#fault = { kind, failure, bytes };
    this.#operations = given.someOf("operation", OPERATIONS)
      .filter((operation) => canStrike(kind, operation));
    this.#file = given.pattern("file");
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
