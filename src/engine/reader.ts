import type { Codec } from "../codec/codec.ts";
import { invalidArgument, KvError } from "../errors.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";
import type { CountOptions, RangeSize } from "./api/range_size.ts";
import type {
  AsyncScanOptions,
  KvIterator,
  KvSyncIterator,
  RangeOptions,
  ScanOptions,
} from "./api/ranges.ts";
import type { KvReader } from "./api/reader.ts";
import { countKeys, countKeysSync, type CountSource } from "./count.ts";
import { Lookup } from "./lookup.ts";
import { approximateSize } from "./range_size.ts";
import {
  checkCountOptions,
  checkRange,
  checkScanOptions,
  checkSyncScanOptions,
  encodeRange,
} from "./ranges.ts";
import { ScanIterator, type ScanSource, SyncScanIterator } from "./scan.ts";
import type { ReadSource } from "./read_source.ts";
import type { Store } from "./store.ts";

/** The codecs of a store, complete. */
export interface Codecs<K, V> {
  readonly keys: Required<Codec<K>>;
  readonly values: Required<Codec<V>>;
}

/** Reads with the codecs of a store: what engine and snapshot have in common. */
export abstract class Reader<K, V, S extends ReadSource = Store>
  implements KvReader<K, V> {
  protected readonly store: S;
  protected readonly codecs: Codecs<K, V>;
  /** Serves all reads that are answered at once. */
  readonly #lookup = new Lookup();

  readonly #isSynchronous: boolean;

  constructor(store: S, codecs: Codecs<K, V>) {
    this.store = store;
    this.codecs = codecs;
    this.#isSynchronous = store.storage.synchronous;
  }

  /** Reads see no write past this sequence number. */
  protected abstract readonly maxSequence: number;

  /** Throws `KV_CLOSED` once this cannot be read any more. */
  protected abstract assertOpen(): void;

  /** What `lookUp` does, for storage that answers at once: on the hottest path without a function per call. */
  getSync(key: K): V | undefined {
    this.assertOpen();
    this.#assertSynchronous();
    const lookup = this.#lookup;
    lookup.setKey(this.codecs.keys, key);
    const found = lookup.find(this.store.readState, this.maxSequence);
    return found === true ? this.#decodeValue(lookup.entry) : undefined;
  }

  get(key: K): Promise<V | undefined> {
    return this.#answer(key, (entry) => this.#decodeValue(entry), undefined);
  }

  has(key: K): Promise<boolean> {
    return this.#answer(key, () => true, false);
  }

  async getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    this.assertOpen();
    if (!Array.isArray(keys)) {
      throw invalidArgument("Cannot get many: the keys are no array");
    }
    const answers: Promise<V | undefined>[] = [];
    for (const key of keys) answers.push(this.get(key));
    return await Promise.all(answers);
  }

  #answer<R>(key: K, onFound: (entry: EntryView) => R, absent: R): Promise<R> {
    try {
      return Promise.resolve(this.lookUp(key, onFound, absent));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Looks `key` up as of now; `onFound` makes the answer of the entry. */
  protected lookUp<R>(
    key: K,
    onFound: (entry: EntryView) => R,
    absent: R,
  ): Awaitable<R> {
    this.assertOpen();
    const { store } = this;
    const lookup = this.#isSynchronous ? this.#lookup : new Lookup();
    lookup.setKey(this.codecs.keys, key);
    const state = store.readState;
    // Writes that come while this waits are not seen: the tables have been asked by then, and segments only get older.
    const found = lookup.find(state, this.maxSequence);
    if (!isPending(found)) return found ? onFound(lookup.entry) : absent;
    state.retain();
    return store.track(found)
      .then((has) => has ? onFound(lookup.entry) : absent)
      .finally(() => state.release());
  }

  scan(options: AsyncScanOptions<K> = {}): KvIterator<[K, V]> {
    return this.#scan(options, (entry) => this.#decodeEntry(entry));
  }

  keys(options: AsyncScanOptions<K> = {}): KvIterator<K> {
    return this.#scan(options, (entry) => this.#decodeKey(entry));
  }

  scanSync(options: ScanOptions<K> = {}): KvSyncIterator<[K, V]> {
    return this.#scanSync(options, (entry) => this.#decodeEntry(entry));
  }

  keysSync(options: ScanOptions<K> = {}): KvSyncIterator<K> {
    return this.#scanSync(options, (entry) => this.#decodeKey(entry));
  }

  async count(options: CountOptions<K> = {}): Promise<number> {
    this.assertOpen();
    checkCountOptions(options);
    return await countKeys(this.#rangeSource(options), {
      signal: options.signal,
      track: (work) => this.store.track(work),
    });
  }

  countSync(range: RangeOptions<K> = {}): number {
    this.assertOpen();
    this.#assertSynchronous();
    checkRange(range, "count");
    return countKeysSync(this.#rangeSource(range));
  }

  async approximateSize(range: RangeOptions<K> = {}): Promise<RangeSize> {
    this.assertOpen();
    checkRange(range, "estimate a size");
    const { readState } = this.store;
    const keys = encodeRange(this.codecs.keys, range);
    readState.retain();
    return await this.store.track(approximateSize(readState, keys))
      .finally(() => readState.release());
  }

  #scanSync<T>(
    options: ScanOptions<K>,
    decode: (entry: EntryView) => T,
  ): KvSyncIterator<T> {
    this.assertOpen();
    this.#assertSynchronous();
    checkSyncScanOptions(options);
    return new SyncScanIterator(this.#scanSource(options, decode));
  }

  #scan<T>(
    options: AsyncScanOptions<K>,
    decode: (entry: EntryView) => T,
  ): KvIterator<T> {
    this.assertOpen();
    checkScanOptions(options);
    return new ScanIterator(this.#scanSource(options, decode), {
      signal: options.signal,
      track: (work) => this.store.track(work),
    });
  }

  #scanSource<T>(
    options: ScanOptions<K>,
    decode: (entry: EntryView) => T,
  ): ScanSource<T> {
    const { reverse: isReverse = false, limit = Infinity } = options;
    return { ...this.#rangeSource(options), isReverse, limit, decode };
  }

  #rangeSource(range: RangeOptions<K>): CountSource {
    const { store } = this;
    const state = store.readState;
    const maxSequence = Math.min(this.maxSequence, store.lastSequence);
    return {
      state,
      maxSequence,
      ranges: state.visibleRanges(maxSequence),
      range: encodeRange(this.codecs.keys, range),
      isReverse: false,
      limit: Infinity,
      assertOpen: () => this.assertOpen(),
    };
  }

  #decodeKey({ keyBuffer, keyOffset, keyLength }: EntryView): K {
    return this.codecs.keys.decode(keyBuffer, keyOffset, keyOffset + keyLength);
  }

  #decodeValue({ valueBuffer, valueOffset, valueLength }: EntryView): V {
    return this.codecs.values.decode(
      valueBuffer,
      valueOffset,
      valueOffset + valueLength,
    );
  }

  #decodeEntry(entry: EntryView): [K, V] {
    return [this.#decodeKey(entry), this.#decodeValue(entry)];
  }

  #assertSynchronous(): void {
    if (this.#isSynchronous) return;
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read at once: ${this.store.storage.location} answers with promises; use get and scan`,
    );
  }
}
