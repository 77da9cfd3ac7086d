import { compareSpans } from "../bytes/compare.ts";
import type { Cursor, EntryRun } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";

/**
 * A source that has come first so many times in a row is likely to go on so: it is asked for a run.
 * Where sources interleave, that would be in vain.
 */
const WINS_BEFORE_RUN = 4;

/**
 * Merges sorted cursors into one. The sources are given from newest to oldest: where several have a
 * key, the first of them has its newest version.
 *
 * Those that have an entry stand in the order of their keys, and for the same key from newest to
 * oldest. The first one moves on and is put where it belongs: mostly it stays, which takes one
 * comparison. On the way it is found out who has the same key, so older versions are passed over
 * without another one, as soon as the newest is first.
 *
 * Where one source has many entries before those of all others, they come in runs, each of which
 * was compared with the others as a whole. Measured on scans of 5,000 entries of a level with one
 * to three small segments above it: 16 to 25 % less time; of 50 entries: the same time.
 */
export class MergingCursor implements Cursor {
  readonly #sources: readonly Cursor[];
  /** By source: the entry at which it stands. */
  readonly #entries: EntryView[];
  /** The sources that have an entry, by their keys. */
  readonly #order: number[] = [];
  /** By source: whether the one before it in the order has the same key. */
  readonly #isTied: boolean[] = [];
  readonly #allVersions: boolean;
  readonly #sharedBytes: number;
  #isReverse = false;
  /** How many times in a row the first source was first again after its move. */
  #wins = 0;
  /** Entries of the first source that come before those of all others. */
  #run: EntryRun | undefined;

  /**
   * @param sources From newest to oldest; each shows one version of a key at most, unless
   * `allVersions`.
   * @param allVersions Whether to show all versions of a key, newest first, instead of the newest
   * alone; forwards only.
   * @param sharedBytes With so many bytes all keys of all sources begin alike; they are not
   * compared. Measured on a level and twelve segments above it, with 9 bytes of 16: merges take 7
   * to 12 % less time.
   */
  constructor(
    sources: readonly Cursor[],
    allVersions = false,
    sharedBytes = 0,
  ) {
    this.#sources = sources;
    this.#entries = sources.map(({ entry }) => entry);
    this.#allVersions = allVersions;
    this.#sharedBytes = sharedBytes;
  }

  get entry(): EntryView {
    return this.#entries[this.#order[0]!]!;
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

  /** Positions every source and puts those that have an entry in order. */
  #start(
    isReverse: boolean,
    position: (source: Cursor) => Awaitable<boolean>,
  ): Awaitable<boolean> {
    this.#isReverse = isReverse;
    this.#run = undefined;
    this.#wins = 0;
    this.#order.length = 0;
    const answers: Awaitable<boolean>[] = [];
    try {
      for (const source of this.#sources) answers.push(position(source));
    } catch (error) {
      if (!answers.some(isPending)) throw error;
      answers.push(Promise.reject(error));
    }
    return answers.some(isPending)
      ? settled(answers).then((all) => this.#sort(all))
      : this.#sort(answers as boolean[]);
  }

  #sort(hasEntry: readonly boolean[]): Awaitable<boolean> {
    hasEntry.forEach((has, source) => has && this.#order.push(source));
    for (let i = this.#order.length - 1; i >= 0; i--) this.#place(i);
    return this.#passOlder();
  }

  #advance(): Awaitable<boolean> {
    const moved = this.#move(this.#order[0]!);
    return isPending(moved)
      ? moved.then((has) => this.#settleFirst(has))
      : this.#settleFirst(moved);
  }

  #settleFirst(hasEntry: boolean): Awaitable<boolean> {
    const first = this.#order[0];
    this.#settle(0, hasEntry);
    const passed = this.#passOlder();
    if (this.#order[0] !== first) this.#wins = 0;
    else if (++this.#wins >= WINS_BEFORE_RUN && passed === true) {
      this.#run = this.#findRun();
      // One that gives none, such as a MemTable, is not asked at each step.
      if (this.#run === undefined) this.#wins = 0;
    }
    return passed;
  }

  /** Asks the first source for its entries before those of all others. */
  #findRun(): EntryRun | undefined {
    if (this.#isReverse) return undefined;
    const [first, second] = this.#order;
    const bound = second === undefined ? undefined : this.#entries[second];
    return this.#sources[first!]!.run?.(bound);
  }

  /** Moves on the sources at the key of the first, unless all versions are to be shown. */
  #passOlder(): Awaitable<boolean> {
    const order = this.#order;
    while (order.length > 1 && !this.#allVersions && this.#isTied[order[1]!]) {
      const moved = this.#move(order[1]!);
      if (isPending(moved)) {
        return moved.then((has) => {
          this.#settle(1, has);
          return this.#passOlder();
        });
      }
      this.#settle(1, moved);
    }
    return order.length > 0;
  }

  #move(source: number): Awaitable<boolean> {
    const cursor = this.#sources[source]!;
    return this.#isReverse ? cursor.prev() : cursor.next();
  }

  /** Puts the source at this place of the order, which has moved, where it belongs. */
  #settle(at: number, hasEntry: boolean): void {
    if (hasEntry) this.#place(at);
    else this.#order.splice(at, 1);
  }

  /** Puts the source at `start` where it belongs among those behind it, which are in order. */
  #place(start: number): void {
    const order = this.#order;
    const source = order[start]!;
    this.#entries[source] = this.#sources[source]!.entry;
    let isTied = false;
    let isNextTied = false;
    let low = start + 1;
    let high = order.length;
    // A binary search, but for its first look: mostly the source stays.
    for (let at = low; low < high; at = (low + high) >>> 1) {
      const other = order[at]!;
      const compared = this.#compare(source, other);
      if (compared < 0 || (compared === 0 && source < other)) {
        high = at;
        isNextTied = compared === 0;
      } else {
        low = at + 1;
        isTied = compared === 0;
      }
    }
    for (let i = start + 1; i < low; i++) order[i - 1] = order[i]!;
    order[low - 1] = source;
    this.#isTied[source] = isTied;
    if (low < order.length) this.#isTied[order[low]!] = isNextTied;
  }

  /** Orders the keys at which two sources stand. */
  #compare(a: number, b: number): number {
    const x = this.#entries[a]!;
    const y = this.#entries[b]!;
    const shared = this.#sharedBytes;
    const order = compareSpans(
      x.keyBuffer,
      x.keyOffset + shared,
      x.keyLength - shared,
      y.keyBuffer,
      y.keyOffset + shared,
      y.keyLength - shared,
    );
    return this.#isReverse ? -order : order;
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
