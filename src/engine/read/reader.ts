import { KvError } from "../../errors.ts";
import type { EntryView } from "../../format/entry.ts";
import type { KeyRange } from "../../format/key_range.ts";
import { refused } from "../../option_values.ts";
import type { Awaitable } from "../../storage/awaitable.ts";
import type { CountOptions, RangeSize } from "../api/range_size.ts";
import type {
  AsyncScanOptions,
  KvIterator,
  KvSyncIterator,
  RangeOptions,
  ScanOptions,
} from "../api/ranges.ts";
import type { KvReader } from "../api/reader.ts";
import type { ExportOptions, TransferProgress } from "../api/transfer.ts";
import type { Codecs } from "../codecs/codecs.ts";
import { countKeys, countKeysSync } from "./count.ts";
import {
  type Decode,
  type Decoder,
  entryDecoder,
  keyDecoder,
  lookedUpDecoder,
  valueDecoder,
} from "../codecs/decoders.ts";
import { checkExportTarget, exportEntries } from "./export_entries.ts";
import type { Catalogue, KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { Lookup } from "./lookup.ts";
import { approximateSize } from "./range_size.ts";
import {
  checkCountOptions,
  checkExportOptions,
  checkRange,
  checkScanOptions,
  checkSyncScanOptions,
  encodeRange,
} from "./ranges.ts";
import { ScanIterator, type ScanSource, SyncScanIterator } from "./scan.ts";
import type { ReadSource } from "./read_source.ts";
import type { ReadState } from "../state/read_state.ts";
import type { Store } from "../store/store.ts";

/** Reads with the codecs of a store: what engine and snapshot have in common. */
export abstract class Reader<K, V, S extends ReadSource = Store>
  implements KvReader<K, V> {
  protected readonly store: S;
  /** Of a follower, that of the keys changes when a keyspace is dropped and made anew. */
  protected codecs: Codecs<K, V>;
  readonly #valueOf: Decode<V>;
  protected keyspaceEntry: KeyspaceEntry | undefined;
  /** Serves all reads that are answered at once. */
  readonly #lookup = new Lookup();

  readonly #isSynchronous: boolean;

  /**
   * @param keyspace The keyspace whose prefix the codec of the keys sets; without one, the keys
   * that are in none are read.
   */
  constructor(store: S, codecs: Codecs<K, V>, keyspace?: KeyspaceEntry) {
    this.store = store;
    this.codecs = codecs;
    this.#valueOf = lookedUpDecoder(codecs);
    this.keyspaceEntry = keyspace;
    this.#isSynchronous = store.storage.synchronous;
  }

  /** Reads see no write past this sequence number. */
  protected abstract readonly maxSequence: number;

  /** Throws `KV_CLOSED` once this cannot be read any more. */
  protected abstract assertOpen(): void;

  /** Throws `KV_CLOSED` once a scan that has begun cannot go on. */
  protected assertScanning(): void {
    this.assertOpen();
  }

  /** Whether the key that was set is in a keyspace, but this reads those that are in none. */
  #isElsewhere({ isReserved }: Lookup): boolean {
    return isReserved && this.keyspaceEntry === undefined &&
      this.store.catalogue.isReservedAt(this.#lastSeen);
  }

  /** Sequence number of the last write that a read sees that begins now. */
  get #lastSeen(): number {
    return Math.min(this.maxSequence, this.store.lastSequence);
  }

  /** The keyspaces of the store that `reader` reads. */
  static catalogueOf(reader: object): Catalogue {
    return (reader as Reader<unknown, unknown, ReadSource>).store.catalogue;
  }

  /**
   * What `lookUp` does, for storage that answers at once: on the hottest path without a function
   * per call.
   */
  getSync(key: K): V | undefined {
    this.assertOpen();
    this.#assertSynchronous();
    const lookup = this.#lookup.isEncoding ? new Lookup() : this.#lookup;
    lookup.setKey(this.codecs.keys, key);
    if (this.#isElsewhere(lookup)) return undefined;
    const found = lookup.find(this.store.readState, this.maxSequence);
    return found === true ? this.#decodeFound(lookup.entry) : undefined;
  }

  get(key: K): Promise<V | undefined> {
    return this.#answer(key, this.#decoded, undefined);
  }

  /** Made once: a function for each look-up would be an object more. */
  readonly #decoded = (entry: EntryView): V => this.#decodeFound(entry);

  /**
   * Decodes a value that nothing else holds. A codec may read the store itself: until it is done no
   * block takes the place of another.
   */
  #decodeFound(entry: EntryView): V {
    const { cache } = this.store;
    cache.hold();
    try {
      return this.#valueOf(entry);
    } finally {
      cache.letGo();
    }
  }

  has(key: K): Promise<boolean> {
    return this.#answer(key, isThere, false);
  }

  hasSync(key: K): boolean {
    this.assertOpen();
    this.#assertSynchronous();
    // Such storage never lets a look-up wait.
    return this.lookUp(key, isThere, false) as boolean;
  }

  async getMany(keys: readonly K[]): Promise<(V | undefined)[]> {
    this.assertOpen();
    if (!Array.isArray(keys)) {
      throw refused("get many", "keys must be an array", keys);
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
    const lookup = this.#isSynchronous && !this.#lookup.isEncoding
      ? this.#lookup
      : new Lookup();
    lookup.setKey(this.codecs.keys, key);
    if (this.#isElsewhere(lookup)) return absent;
    const state = store.readState;
    // Writes that come while this waits are not seen: the tables have been asked by then, and
    // segments only get older.
    const found = lookup.find(state, this.maxSequence);
    if (found === true) return onFound(lookup.entry);
    if (found === false) return absent;
    const answer = { onFound, absent, entry: lookup.entry };
    return this.#whenFound(found, state, answer);
  }

  /**
   * What the look-up reads is held until the answer is made. Apart from `lookUp`, whose variables
   * would be an object on the heap otherwise.
   */
  #whenFound<R>(
    found: Promise<boolean>,
    state: ReadState,
    { onFound, absent, entry }: {
      readonly onFound: (entry: EntryView) => R;
      readonly absent: R;
      readonly entry: EntryView;
    },
  ): Promise<R> {
    state.retain();
    return this.store.track(found)
      .then((has) => has ? onFound(entry) : absent)
      .finally(() => state.release());
  }

  scan(options: AsyncScanOptions<K> = {}): KvIterator<[K, V]> {
    return this.#scan(options, entryDecoder);
  }

  keys(options: AsyncScanOptions<K> = {}): KvIterator<K> {
    return this.#scan(options, keyDecoder);
  }

  values(options: AsyncScanOptions<K> = {}): KvIterator<V> {
    return this.#scan(options, valueDecoder);
  }

  scanSync(options: ScanOptions<K> = {}): KvSyncIterator<[K, V]> {
    return this.#scanSync(options, entryDecoder);
  }

  keysSync(options: ScanOptions<K> = {}): KvSyncIterator<K> {
    return this.#scanSync(options, keyDecoder);
  }

  valuesSync(options: ScanOptions<K> = {}): KvSyncIterator<V> {
    return this.#scanSync(options, valueDecoder);
  }

  async count(options: CountOptions<K> = {}): Promise<number> {
    this.assertOpen();
    checkCountOptions(options);
    return await countKeys(this.#source(options), {
      signal: options.signal,
      track: (work) => this.store.track(work),
    });
  }

  countSync(range: RangeOptions<K> = {}): number {
    this.assertOpen();
    this.#assertSynchronous();
    checkRange(range, "count");
    return countKeysSync(this.#source(range));
  }

  async approximateSize(range: RangeOptions<K> = {}): Promise<RangeSize> {
    this.assertOpen();
    checkRange(range, "estimate a size");
    const { readState } = this.store;
    const keys = this.#encodeRange(range);
    readState.retain();
    const size = approximateSize(readState, keys, this.#lastSeen);
    return await this.store.track(size)
      .finally(() => readState.release());
  }

  #scanSync<T>(
    options: ScanOptions<K>,
    decoder: Decoder<K, V, T>,
  ): KvSyncIterator<T> {
    this.assertOpen();
    this.#assertSynchronous();
    checkSyncScanOptions(options);
    return new SyncScanIterator(this.#source(options), decoder(this.codecs));
  }

  async exportTo(
    target: WritableStream<[K, V]>,
    options: ExportOptions<K> = {},
  ): Promise<TransferProgress> {
    this.assertOpen();
    checkExportOptions(options);
    checkExportTarget(target);
    const { onProgress: _, ...range } = options;
    const scan = this.#scan(range, entryDecoder<K, V>);
    return await exportEntries(scan, target, options);
  }

  #scan<T>(
    options: AsyncScanOptions<K>,
    decoder: Decoder<K, V, T>,
  ): ScanIterator<T> {
    this.assertOpen();
    checkScanOptions(options);
    return new ScanIterator(this.#source(options), decoder(this.codecs), {
      signal: options.signal,
      track: (work) => this.store.track(work),
    });
  }

  /** What a read of a range goes through that begins now. */
  #source(options: ScanOptions<K>): ScanSource {
    const { reverse: isReverse = false, limit = Infinity } = options;
    const state = this.store.readState;
    const maxSequence = this.#lastSeen;
    return {
      state,
      maxSequence,
      ranges: state.visibleRanges(maxSequence),
      range: this.#encodeRange(options),
      isReverse,
      limit,
      assertOpen: () => this.assertScanning(),
    };
  }

  #encodeRange(range: RangeOptions<K>): KeyRange {
    const { keyspaceEntry, store } = this;
    const within = keyspaceEntry?.range ??
      store.catalogue.rangeOfDefault(this.#lastSeen);
    return encodeRange(this.codecs.keys, range, { within });
  }

  #assertSynchronous(): void {
    if (this.#isSynchronous) return;
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read synchronously: ${this.store.storage.location} answers with promises; use get and scan`,
    );
  }
}

/** The keyspaces of the store that an engine, a follower, a snapshot or a keyspace reads. */
export function catalogueOf(reader: object): Catalogue {
  return Reader.catalogueOf(reader);
}

function isThere(): boolean {
  return true;
}
