import { compareSpans, equalSpans } from "../bytes/compare.ts";
import type { Cursor, EntryRun } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";

/**
 * A source that has come out on top so many times in a row is likely to go on so: it is asked for a
 * run. Where sources interleave, that would be in vain.
 */
const WINS_BEFORE_RUN = 4;

/**
 * Merges sorted cursors into one. The sources are given from newest to oldest: where several have a
 * key, the first of them has its newest version.
 *
 * The sources that have an entry form a binary heap, the next one on top. Forwards, the top is the
 * smallest key, backwards the largest; the newer source wins a tie, so for each key the newest
 * version comes up first. Older ones are passed over as soon as it is there: below the top no
 * source stands at its key.
 *
 * Where one source has many entries before those of all others, they come in runs, each of which
 * was compared with the others as a whole. Measured on scans of 50 entries of a level with two
 * small segments above it: with the search by codes in `SegmentIndex`, 10 to 15 % less time.
 */
export class MergingCursor implements Cursor {
  readonly #sources: readonly Cursor[];
  readonly #heap: number[] = [];
  readonly #allVersions: boolean;
  #isReverse = false;
  /** How many times in a row the source on top has been there after its move. */
  #wins = 0;
  /** Entries of the source on top that come before those of all others. */
  #run: EntryRun | undefined;

  /**
   * @param sources From newest to oldest; each shows one version of a key at most, unless
   * `allVersions`.
   * @param allVersions Whether to show all versions of a key, newest first, instead of the newest
   * alone; forwards only.
   */
  constructor(sources: readonly Cursor[], allVersions = false) {
    this.#sources = sources;
    this.#allVersions = allVersions;
  }

  get entry(): EntryView {
    return this.#sources[this.#heap[0]!]!.entry;
  }

  seekToFirst(): Awaitable<boolean> {
    return this.#start(false, (source) => source.seekToFirst());
  }

  seekToLast(): Awaitable<boolean> {
    return this.#start(true, (source) => source.seekToLast());
  }

  seek(key: Uint8Array): Awaitable<boolean> {
    return this.#start(false, (source) => source.seek(key));
  }

  seekBefore(key: Uint8Array): Awaitable<boolean> {
    return this.#start(true, (source) => source.seekBefore(key));
  }

  next(): Awaitable<boolean> {
    if (this.#run !== undefined) {
      if (this.#run.advance()) return true;
      this.#run = undefined;
    }
    return this.#advance();
  }

  prev(): Awaitable<boolean> {
    return this.#advance();
  }

  close(): void {
    for (const source of this.#sources) source.close?.();
  }

  /** Positions every source and builds the heap of those that have an entry. */
  #start(
    isReverse: boolean,
    position: (source: Cursor) => Awaitable<boolean>,
  ): Awaitable<boolean> {
    this.#isReverse = isReverse;
    this.#run = undefined;
    this.#wins = 0;
    this.#heap.length = 0;
    const answers: Awaitable<boolean>[] = [];
    try {
      for (const source of this.#sources) answers.push(position(source));
    } catch (error) {
      if (!answers.some(isPending)) throw error;
      answers.push(Promise.reject(error));
    }
    return answers.some(isPending)
      ? settled(answers).then((all) => this.#build(all))
      : this.#build(answers as boolean[]);
  }

  #build(hasEntry: readonly boolean[]): Awaitable<boolean> {
    hasEntry.forEach((has, source) => has && this.#heap.push(source));
    for (let i = (this.#heap.length >>> 1) - 1; i >= 0; i--) this.#sink(i);
    return this.#passOlder();
  }

  #advance(): Awaitable<boolean> {
    const moved = this.#move(this.#sources[this.#heap[0]!]!);
    return isPending(moved)
      ? moved.then((has) => this.#settleTop(has))
      : this.#settleTop(moved);
  }

  #settleTop(hasEntry: boolean): Awaitable<boolean> {
    const top = this.#heap[0];
    this.#settle(0, hasEntry);
    const passed = this.#passOlder();
    if (this.#heap[0] !== top) this.#wins = 0;
    else if (++this.#wins >= WINS_BEFORE_RUN && passed === true) {
      this.#run = this.#findRun();
      // One that gives none, such as a MemTable, is not asked at each step.
      if (this.#run === undefined) this.#wins = 0;
    }
    return passed;
  }

  /** Asks the source on top for its entries before those of all others. */
  #findRun(): EntryRun | undefined {
    if (this.#isReverse) return undefined;
    const heap = this.#heap;
    const second = heap.length > 2 && this.#isBefore(heap[2]!, heap[1]!)
      ? heap[2]
      : heap[1];
    const bound = second === undefined
      ? undefined
      : this.#sources[second]!.entry;
    return this.#sources[heap[0]!]!.run?.(bound);
  }

  /** Moves on the sources that stand at the key of the top, unless all versions are to be shown. */
  #passOlder(): Awaitable<boolean> {
    if (!this.#allVersions) {
      for (let at = this.#older(); at > 0; at = this.#older()) {
        const moved = this.#move(this.#sources[this.#heap[at]!]!);
        if (isPending(moved)) {
          return moved.then((has) => {
            this.#settle(at, has);
            return this.#passOlder();
          });
        }
        this.#settle(at, moved);
      }
    }
    return this.#heap.length > 0;
  }

  /**
   * Where below the top a source with the same key is; 0 if there is none. All between it and the
   * top would have that key too.
   */
  #older(): number {
    const { length } = this.#heap;
    if (length > 1 && this.#isAtTop(1)) return 1;
    return length > 2 && this.#isAtTop(2) ? 2 : 0;
  }

  #move(source: Cursor): Awaitable<boolean> {
    return this.#isReverse ? source.prev() : source.next();
  }

  /** Puts the source at this place of the heap, which has moved, where it belongs. */
  #settle(at: number, hasEntry: boolean): void {
    const heap = this.#heap;
    if (!hasEntry) {
      const last = heap.pop()!;
      if (heap.length === at) return;
      heap[at] = last;
    }
    this.#sink(at);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const source = heap[start]!;
    let hole = start;
    for (let child = 2 * hole + 1; child < heap.length; child = 2 * hole + 1) {
      const other = child + 1;
      if (other < heap.length && this.#isBefore(heap[other]!, heap[child]!)) {
        child = other;
      }
      if (this.#isBefore(source, heap[child]!)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = source;
  }

  #isBefore(a: number, b: number): boolean {
    const x = this.#sources[a]!.entry;
    const y = this.#sources[b]!.entry;
    const order = compareSpans(
      x.keyBuffer,
      x.keyOffset,
      x.keyLength,
      y.keyBuffer,
      y.keyOffset,
      y.keyLength,
    );
    if (order === 0) return a < b;
    return this.#isReverse ? order > 0 : order < 0;
  }

  #isAtTop(at: number): boolean {
    const top = this.#sources[this.#heap[0]!]!.entry;
    const other = this.#sources[this.#heap[at]!]!.entry;
    return equalSpans(
      top.keyBuffer,
      top.keyOffset,
      top.keyLength,
      other.keyBuffer,
      other.keyOffset,
      other.keyLength,
    );
  }
}

/**
 * As `Promise.all`, but a failure is told only when nobody reads any more: whoever hears of it may
 * close the files.
 */
async function settled<T>(answers: readonly Awaitable<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(answers);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}
