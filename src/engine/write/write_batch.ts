import {
  DELETE,
  type EntryKind,
  PUT,
  RANGE_DELETE,
} from "../../format/kind.ts";
import type { KeyRange } from "../../format/key_range.ts";
import { RECORD_HEADER_BYTES } from "../../format/record.ts";
import type { KvKeyspace } from "../api/keyspace.ts";
import type { RangeOptions } from "../api/ranges.ts";
import type { KvBatch, WriteOptions } from "../api/batch.ts";
import { BatchRecords } from "./batch_records.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { handleOf } from "../keyspaces/handles.ts";
import type { Codecs } from "../codecs/codecs.ts";
import {
  checkKeyLength,
  checkValueLength,
  encodeDeleteRange,
} from "./record_writer.ts";

const NO_BYTES = new Uint8Array(0);

/** Where a batch goes. */
export interface BatchTarget {
  /** The open store. */
  readonly store: object;
  readonly maxKeySize: number;
  readonly maxValueSize: number;
  /** The keys that are in no keyspace, as of now. */
  readonly defaultRange: () => KeyRange;
  /** Makes the records happen together. */
  readonly commit: (
    records: BatchRecords,
    options: WriteOptions | undefined,
  ) => Promise<void>;
}

/** Whose keys and values a batch takes. */
export interface BatchFace<K, V> {
  readonly codecs: Codecs<K, V>;
  /**
   * The keyspace whose prefix the codec of the keys sets; without one, keys that are in none are
   * written.
   */
  readonly keyspace: KeyspaceEntry | undefined;
}

/** Gathers records with the codecs of the store or of a keyspace. */
export class WriteBatch<K, V> implements KvBatch<K, V> {
  readonly #target: BatchTarget;
  readonly #codecs: Codecs<K, V>;
  readonly #keyspace: KeyspaceEntry | undefined;
  readonly #prefixBytes: number;
  readonly #records: BatchRecords;

  /** @param records Those of the batch that this one is a face of. */
  constructor(
    target: BatchTarget,
    { codecs, keyspace }: BatchFace<K, V>,
    records: BatchRecords = new BatchRecords(),
  ) {
    this.#target = target;
    this.#codecs = codecs;
    this.#keyspace = keyspace;
    this.#prefixBytes = keyspace?.prefix.length ?? 0;
    this.#records = records;
  }

  get size(): number {
    return this.#records.count;
  }

  /** Bytes of keys and values, if they are all of one keyspace. */
  get payloadBytes(): number {
    const { bytes, count } = this.#records;
    return bytes.length - count * (RECORD_HEADER_BYTES + this.#prefixBytes);
  }

  put(key: K, value: V): this {
    const records = this.#records;
    const { values } = this.#codecs;
    const keyLength = this.#encodeKey(key);
    const start = records.keyStart + keyLength;
    const valueLength = records.encode("value", values, value, start);
    checkValueLength(valueLength, this.#target.maxValueSize);
    return this.#complete(PUT, keyLength, valueLength);
  }

  del(key: K): this {
    return this.#complete(DELETE, this.#encodeKey(key), 0);
  }

  delRange(options: RangeOptions<K>): this {
    this.#assertOpen();
    const { maxKeySize } = this.#target;
    const limits = { ...this.#limits, maxKeySize };
    const range = encodeDeleteRange(this.#codecs.keys, options, limits);
    return range === undefined ? this : this.#addRange(range);
  }

  /** Adds a delete of all keys. */
  clear(): this {
    this.#assertOpen();
    return this.#addRange(this.#limits.within);
  }

  #addRange({ lower = NO_BYTES, upper = NO_BYTES }: KeyRange): this {
    if (this.#keyspace === undefined) {
      this.#records.addDefaultRange(lower, upper);
    } else {
      this.#records.add(RANGE_DELETE, lower, upper);
      this.#records.keyspaces.add(this.#keyspace);
    }
    return this;
  }

  get #limits(): { within: KeyRange; prefixBytes: number } {
    return {
      within: this.#keyspace?.range ?? this.#target.defaultRange(),
      prefixBytes: this.#prefixBytes,
    };
  }

  #assertOpen(): void {
    this.#records.assertOpen();
    this.#keyspace?.assertOpen();
  }

  /** Encodes a key to where the next record has it, and answers how long it is. */
  #encodeKey(key: K): number {
    this.#assertOpen();
    const records = this.#records;
    const { keys } = this.#codecs;
    const length = records.encode("key", keys, key, records.keyStart);
    checkKeyLength(length - this.#prefixBytes, this.#target.maxKeySize);
    return length;
  }

  #complete(kind: EntryKind, keyLength: number, valueLength: number): this {
    const records = this.#records;
    const keyspace = this.#keyspace;
    if (keyspace === undefined) {
      records.completeDefault(kind, keyLength, valueLength);
    } else {
      records.complete(kind, keyLength, valueLength);
      records.keyspaces.add(keyspace);
    }
    return this;
  }

  in<K2, V2>(keyspace: KvKeyspace<K2, V2>): WriteBatch<K2, V2> {
    this.#records.assertOpen();
    const { entry, codecs } = handleOf(keyspace, this.#target.store);
    entry.assertOpen();
    const face = { codecs, keyspace: entry };
    return new WriteBatch(this.#target, face, this.#records);
  }

  commit(options?: WriteOptions): Promise<void> {
    const records = this.#records;
    try {
      records.assertOpen();
      const result = this.#target.commit(records, options);
      records.close();
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
