import type { Codec } from "../codec/codec.ts";
import { invalidArgument, KvError } from "../errors.ts";
import { DELETE, PUT, RANGE_DELETE, type RecordKind } from "../format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../format/record.ts";
import type { RangeOptions } from "./api/ranges.ts";
import type { KvBatch, WriteOptions } from "./api/writes.ts";
import type { Codecs } from "./reader.ts";
import {
  checkKeyLength,
  checkValueLength,
  encodeDeleteRange,
} from "./record_writer.ts";

/** The most bytes of records that one batch can have: it has to fit into one frame of one log. */
const MOST_BATCH_BYTES = 2 ** 30;

const NO_BYTES = new Uint8Array(0);

const INITIAL_BYTES = 1024;

/** What a batch is made for. */
export interface BatchTarget<K, V> {
  readonly codecs: Codecs<K, V>;
  readonly maxKeySize: number;
  readonly maxValueSize: number;
  /** Makes `count` finished records happen together. */
  readonly commit: (
    records: Uint8Array,
    count: number,
    options: WriteOptions | undefined,
  ) => Promise<void>;
}

/** Gathers records in the form in which the MemTable takes them over. */
export class WriteBatch<K, V> implements KvBatch<K, V> {
  readonly #target: BatchTarget<K, V>;
  #records = new Uint8Array(INITIAL_BYTES);
  #length = 0;
  #count = 0;
  #isCommitted = false;

  constructor(target: BatchTarget<K, V>) {
    this.#target = target;
  }

  get size(): number {
    return this.#count;
  }

  put(key: K, value: V): this {
    this.#assertOpen();
    const { codecs, maxKeySize, maxValueSize } = this.#target;
    const start = this.#length + RECORD_HEADER_BYTES;
    const keyLength = this.#encode(codecs.keys, key, start);
    checkKeyLength(keyLength, maxKeySize);
    const valueLength = this.#encode(codecs.values, value, start + keyLength);
    checkValueLength(valueLength, maxValueSize);
    return this.#complete(PUT, keyLength, valueLength);
  }

  del(key: K): this {
    this.#assertOpen();
    const { codecs, maxKeySize } = this.#target;
    const start = this.#length + RECORD_HEADER_BYTES;
    const keyLength = this.#encode(codecs.keys, key, start);
    checkKeyLength(keyLength, maxKeySize);
    return this.#complete(DELETE, keyLength, 0);
  }

  delRange(options: RangeOptions<K>): this {
    this.#assertOpen();
    const { codecs, maxKeySize } = this.#target;
    const range = encodeDeleteRange(codecs.keys, options, maxKeySize);
    if (range === undefined) return this;
    const { lower = NO_BYTES, upper = NO_BYTES } = range;
    const start = this.#length + RECORD_HEADER_BYTES;
    this.#grow(start + lower.length + upper.length);
    this.#records.set(lower, start);
    this.#records.set(upper, start + lower.length);
    return this.#complete(RANGE_DELETE, lower.length, upper.length);
  }

  /** Encodes a key or a value to `offset`, making room if there is not enough, and answers how long it is. */
  #encode<T>(codec: Required<Codec<T>>, value: T, offset: number): number {
    const length = codec.encodeInto(value, this.#records, offset);
    if (length >= 0) return length;
    const encoded = codec.encode(value);
    this.#grow(offset + encoded.length);
    this.#records.set(encoded, offset);
    return encoded.length;
  }

  /** Makes a record of the key and the value that stand behind the last one. */
  #complete(kind: RecordKind, keyLength: number, valueLength: number): this {
    const start = this.#length;
    const end = start + recordLength(keyLength, valueLength);
    if (end > MOST_BATCH_BYTES) {
      throw invalidArgument(
        `Cannot add to the batch: it would take ${end} bytes, at most ${MOST_BATCH_BYTES} fit; commit it and go on with another`,
      );
    }
    this.#grow(end);
    writeRecordHeader(this.#records, start, kind, keyLength, valueLength);
    this.#length = end;
    this.#count++;
    return this;
  }

  #grow(bytes: number): void {
    if (bytes <= this.#records.length) return;
    const grown = new Uint8Array(Math.max(bytes, 2 * this.#records.length));
    grown.set(this.#records);
    this.#records = grown;
  }

  commit(options?: WriteOptions): Promise<void> {
    try {
      this.#assertOpen();
      const records = this.#records.subarray(0, this.#length);
      const result = this.#target.commit(records, this.#count, options);
      this.#isCommitted = true;
      this.#records = new Uint8Array(0);
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #assertOpen(): void {
    if (!this.#isCommitted) return;
    throw new KvError(
      "KV_CLOSED",
      "Cannot use the batch: it was committed; start another with batch()",
    );
  }
}
