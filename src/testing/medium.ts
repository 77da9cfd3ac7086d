import { KvIoError } from "../errors.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { Content, Disk, Effect } from "./disk.ts";
import {
  faultError,
  Faults,
  type StorageCall,
  type StruckFault,
} from "./faults.ts";
import { Journal } from "./journal.ts";
import type { Random } from "./random.ts";

/** A file that is open. */
export interface OpenFile {
  readonly name: string;
  readonly content: Content;
}

/** What a {@linkcode Medium} starts with. */
export interface MediumOptions {
  readonly synchronous: boolean;
  readonly capacity: number;
  readonly random: Random;
  readonly disk: Disk;
}

/**
 * Where the calls of a storage and of its files are carried out, entered in the trace, and struck
 * by faults.
 */
export class Medium {
  readonly synchronous: boolean;
  readonly random: Random;
  readonly faults: Faults = new Faults();
  readonly journal: Journal;
  readonly openFiles: Set<OpenFile> = new Set();
  /** The most that all files together may hold, in bytes. */
  capacity: number;
  trace: StorageCall[] = [];
  onCall: ((call: StorageCall) => void | Promise<void>) | undefined;

  constructor({ synchronous, capacity, random, disk }: MediumOptions) {
    this.synchronous = synchronous;
    this.capacity = capacity;
    this.random = random;
    this.journal = new Journal(disk);
  }

  /** The disk as of now. */
  get disk(): Disk {
    return this.journal.now;
  }

  /** What all files that have a name or are open hold together, in bytes. */
  get bytesUsed(): number {
    const contents = new Set(this.disk.names.values());
    for (const { content } of this.openFiles) contents.add(content);
    let bytes = 0;
    for (const content of contents) bytes += this.disk.sizeOf(content);
    return bytes;
  }

  /** How many bytes more there is room for. */
  get room(): number {
    if (this.capacity === Infinity) return Infinity;
    return Math.max(0, this.capacity - this.bytesUsed);
  }

  /** Makes an effect of the call that is carried out happen. */
  effect(effect: Effect): void {
    this.journal.add(this.trace.length, effect);
  }

  /**
   * Carries out a call: at once, with a promise, or when `onCall` lets it. `work` learns of a fault
   * that it has a part in.
   */
  answer<T>(
    call: StorageCall,
    work: (fault: StruckFault | undefined) => T,
  ): Awaitable<T> {
    const held = this.onCall?.(call);
    if (held !== undefined) return held.then(() => this.#run(call, work));
    return this.synchronous
      ? this.#run(call, work)
      : Promise.resolve().then(() => this.#run(call, work));
  }

  #run<T>(
    call: StorageCall,
    work: (fault: StruckFault | undefined) => T,
  ): T {
    const fault = this.faults.strike(call);
    this.trace.push(fault ? { ...call, fault: fault.kind } : call);
    if (fault === undefined || fault.kind === "lost-sync") return work(fault);
    // A lock that nobody knows of would never be released.
    const isWorking = fault.kind !== "fail" && call.operation !== "lock";
    if (isWorking) workUnheard(() => work(fault));
    throw faultError(call, fault);
  }
}

/** Does work whose own failure a fault takes the place of. */
function workUnheard(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof KvIoError)) throw error;
  }
}
