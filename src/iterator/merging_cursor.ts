import { compareSpans, equalSpans } from "../bytes/compare.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";

/**
 * Merges sorted cursors into one. The sources are given from newest to oldest: where several have a key, the first of them
 * has its newest version.
 *
 * The sources that have an entry form a binary heap, the next one on top. Forwards, the top is the smallest key, backwards the largest;
 * the newer source wins a tie, so for each key the newest version comes up first.
 */
export class MergingCursor implements Cursor {
  readonly #sources: readonly Cursor[];
  readonly #heap: number[] = [];
  readonly #allVersions: boolean;
  #isReverse = false;
  #passedKey = new Uint8Array(64);
  #passedLength = 0;

  /**
   * @param sources From newest to oldest; each shows one version of a key at most, unless `allVersions`.
   * @param allVersions Whether to show all versions of a key, newest first, instead of the newest alone; forwards only.
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
    return this.#advance();
  }

  prev(): Awaitable<boolean> {
    return this.#advance();
  }

  /** Positions every source and builds the heap of those that have an entry. */
  #start(
    isReverse: boolean,
    position: (source: Cursor) => Awaitable<boolean>,
  ): Awaitable<boolean> {
    this.#isReverse = isReverse;
    this.#heap.length = 0;
    const answers = this.#sources.map(position);
    return answers.some(isPending)
      ? Promise.all(answers).then((all) => this.#build(all))
      : this.#build(answers as boolean[]);
  }

  #build(hasEntry: readonly boolean[]): boolean {
    hasEntry.forEach((has, source) => has && this.#heap.push(source));
    for (let i = (this.#heap.length >>> 1) - 1; i >= 0; i--) this.#sink(i);
    return this.#heap.length > 0;
  }

  /** Moves on to the next key, or in `allVersions` to the next version. */
  #advance(): Awaitable<boolean> {
    // Alone in the heap, a source has neither ties nor rivals: the plain case after a full compaction.
    if (this.#allVersions || this.#heap.length === 1) return this.#advanceTop();
    this.#notePassedKey();
    return this.#passKey();
  }

  /** Moves on every source that stands at the key to be passed. */
  #passKey(): Awaitable<boolean> {
    while (this.#heap.length > 0 && this.#isAtPassedKey()) {
      const moved = this.#advanceTop();
      if (isPending(moved)) return moved.then(() => this.#passKey());
    }
    return this.#heap.length > 0;
  }

  #advanceTop(): Awaitable<boolean> {
    const moved = this.#move(this.#sources[this.#heap[0]!]!);
    return isPending(moved)
      ? moved.then((has) => this.#settleTop(has))
      : this.#settleTop(moved);
  }

  #move(source: Cursor): Awaitable<boolean> {
    return this.#isReverse ? source.prev() : source.next();
  }

  /** Puts the top, which has moved, where it belongs. */
  #settleTop(hasEntry: boolean): boolean {
    const heap = this.#heap;
    if (!hasEntry) {
      const last = heap.pop()!;
      if (heap.length === 0) return false;
      heap[0] = last;
    }
    this.#sink(0);
    return true;
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

  #notePassedKey(): void {
    const { keyBuffer, keyOffset, keyLength } = this.entry;
    if (keyLength > this.#passedKey.length) {
      this.#passedKey = new Uint8Array(2 * keyLength);
    }
    const copy = this.#passedKey;
    for (let i = 0; i < keyLength; i++) copy[i] = keyBuffer[keyOffset + i]!;
    this.#passedLength = keyLength;
  }

  #isAtPassedKey(): boolean {
    const { keyBuffer, keyOffset, keyLength } = this.entry;
    return equalSpans(
      keyBuffer,
      keyOffset,
      keyLength,
      this.#passedKey,
      0,
      this.#passedLength,
    );
  }
}
