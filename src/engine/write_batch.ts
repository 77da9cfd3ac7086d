import { invalidArgument, KvError } from "../errors.ts";
import { DELETE, type EntryKind, PUT } from "../format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../format/record.ts";
import type { KvBatch, WriteOptions } from "./api/writes.ts";
import type { Codecs } from "./reader.ts";
import { checkKeyLength, checkValueLength } from "./record_writer.ts";

/** The most bytes of records that one batch can have: it has to fit into one frame of one log. */
const MOST_BATCH_BYTES = 2 ** 30;

const INITIAL_BYTES = 1024;
const NO_BYTES = new Uint8Array(0);

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
    const { keys, values } = this.#target.codecs;
    return this.#add(PUT, keys.encode(key), values.encode(value));
  }

  del(key: K): this {
    this.#assertOpen();
    return this.#add(DELETE, this.#target.codecs.keys.encode(key), NO_BYTES);
  }

  #add(kind: EntryKind, key: Uint8Array, value: Uint8Array): this {
    checkKeyLength(key.length, this.#target.maxKeySize);
    checkValueLength(value.length, this.#target.maxValueSize);
    const start = this.#length;
    const end = start + recordLength(key.length, value.length);
    if (end > MOST_BATCH_BYTES) {
      throw invalidArgument(
        `Cannot add to the batch: it would take ${end} bytes, at most ${MOST_BATCH_BYTES} fit; commit it and go on with another`,
      );
    }
    this.#grow(end);
    writeRecordHeader(this.#records, start, kind, key.length, value.length);
    this.#records.set(key, start + RECORD_HEADER_BYTES);
    this.#records.set(value, start + RECORD_HEADER_BYTES + key.length);
    this.#length = end;
    this.#count++;
    return this;
  }

  #grow(bytes: number): void {
    if (bytes <= this.#records.length) return;
    const grown = new Uint8Array(Math.max(bytes, 2 * this.#records.length));
    grown.set(this.#records.subarray(0, this.#length));
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
