import type { KvReader } from "../engine/api/reader.ts";
import { Pacer } from "../engine/runtime/event_loop.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";
import { type Bounds, boundsFrom } from "./bounds.ts";
import type { Data } from "./formats.ts";

/** An entry in the forms that were asked for. */
export type DataEntry = [key: Data, value: Data];

/** What an iterator goes through. */
export interface StepsOptions<T> {
  /**
   * What reads the state of the iterator; asked for once it is read from, and the snapshot of the
   * user is known to be open.
   */
  readonly reader: () => KvReader<Data, Data>;
  /** Lets go of that state. */
  readonly release: () => void;
  /** Whether reads are answered at once. */
  readonly isSynchronous: boolean;
  readonly bounds: Bounds;
  readonly signal: AbortSignal | undefined;
  /** Makes an item of an entry. */
  readonly pick: (entry: DataEntry) => T;
}

interface Scan {
  next(): Awaitable<IteratorResult<DataEntry, undefined>>;
  return(): Awaitable<unknown>;
}

/**
 * The steps of an iterator. It holds a snapshot rather than a scan, so that `seek` can begin a new
 * scan of the same state; an iterator that nobody has stepped through yet keeps no files and no
 * tables.
 */
export class Steps<T> {
  readonly #options: StepsOptions<T>;
  /** What is left of the range, `undefined` if it is nothing. */
  #bounds: Bounds | undefined;
  #scan: Scan | undefined;

  constructor(options: StepsOptions<T>) {
    this.#options = options;
    this.#bounds = options.bounds;
  }

  /** The next item, `undefined` at the end. */
  async next(): Promise<T | undefined> {
    await this.#heedSignal();
    const step = this.#step();
    const { done, value } = isPending(step) ? await step : step;
    this.#refuseAborted();
    return done ? undefined : this.#options.pick(value);
  }

  /**
   * The next items, no more than `count`; fewer mean the end. The event loop gets its turns
   * meanwhile.
   */
  async take(count: number): Promise<T[]> {
    await this.#heedSignal();
    const { pick } = this.#options;
    const pacer = new Pacer();
    const items: T[] = [];
    while (items.length < count) {
      const step = this.#step();
      const { done, value } = isPending(step) ? await step : step;
      this.#refuseAborted();
      if (done) break;
      items.push(pick(value));
      if (pacer.isDue()) await pacer.pause();
    }
    return items;
  }

  /** Goes on from `target`, also backwards. */
  seek(target: Data): void {
    this.#endScan();
    this.#bounds = boundsFrom(this.#options.bounds, target);
  }

  close(): void {
    this.#endScan();
    this.#options.release();
  }

  #step(): Awaitable<IteratorResult<DataEntry, undefined>> {
    if (this.#bounds === undefined) return { done: true, value: undefined };
    this.#scan ??= this.#options.isSynchronous
      ? this.#options.reader().scanSync(this.#bounds)
      : this.#options.reader().scan(this.#bounds);
    return this.#scan.next();
  }

  #endScan(): void {
    // No step is under way: nothing is left to wait for.
    void this.#scan?.return();
    this.#scan = undefined;
  }

  /** Who aborts right after the call wants no answer, even if it could be given at once. */
  async #heedSignal(): Promise<void> {
    if (this.#options.signal === undefined) return;
    await Promise.resolve();
    this.#refuseAborted();
  }

  #refuseAborted(): void {
    const { signal } = this.#options;
    if (signal?.aborted) throw new AbortError(signal.reason);
  }
}

/** What abstract-level rejects with when a signal has ended an iterator. */
class AbortError extends Error {
  override readonly name = "AbortError";
  readonly code = "LEVEL_ABORTED";

  constructor(cause: unknown) {
    super("Cannot continue: the signal of the iterator was aborted", { cause });
  }
}
