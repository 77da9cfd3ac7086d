import { invalidArgument, KvError } from "../errors.ts";
import { DELETE, type EntryKind, PUT } from "../format/kind.ts";
import { FRAME_HEADER_BYTES } from "../format/log_format.ts";
import { RECORD_HEADER_BYTES, recordLength } from "../format/record.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import type { Codecs } from "./reader.ts";
import type { Store } from "./store.ts";

const NO_BYTES = new Uint8Array(0);

/** Puts single records into the MemTable that takes writes. */
export class RecordWriter<K, V> {
  readonly #store: Store;
  readonly #codecs: Codecs<K, V>;

  constructor(store: Store, codecs: Codecs<K, V>) {
    this.#store = store;
    this.#codecs = codecs;
  }

  /** Adds a put. */
  put(key: K, value: V): void {
    const store = this.#store;
    store.isEncoding = true;
    try {
      this.#put(key, value);
    } finally {
      store.isEncoding = false;
    }
  }

  /** The codecs write key and value where they stay, in the arena. */
  #put(key: K, value: V): void {
    const { table } = this.#store.tables.active;
    const { arena } = table;
    const start = arena.recordStart + RECORD_HEADER_BYTES;
    const { keys, values } = this.#codecs;
    const keyLength = keys.encodeInto(key, arena.bytes, start);
    if (keyLength >= 0) {
      checkKeyLength(keyLength, this.#store.options.maxKeySize);
      const at = start + keyLength;
      const valueLength = values.encodeInto(value, arena.bytes, at);
      // A codec of the user's might claim more than there was room for.
      if (valueLength >= 0 && valueLength <= arena.bytes.length - at) {
        checkValueLength(valueLength, this.#store.options.maxValueSize);
        checkSequence(table.lastSequence + 1);
        table.commitRecord(PUT, keyLength, valueLength);
        return;
      }
    }
    this.#addEncoded(PUT, keys.encode(key), values.encode(value));
  }

  /** Adds a delete. */
  del(key: K): void {
    const store = this.#store;
    store.isEncoding = true;
    try {
      this.#del(key);
    } finally {
      store.isEncoding = false;
    }
  }

  #del(key: K): void {
    const { table } = this.#store.tables.active;
    const { arena } = table;
    const { keys } = this.#codecs;
    const start = arena.recordStart + RECORD_HEADER_BYTES;
    const keyLength = keys.encodeInto(key, arena.bytes, start);
    if (keyLength < 0) {
      return this.#addEncoded(DELETE, keys.encode(key), NO_BYTES);
    }
    checkKeyLength(keyLength, this.#store.options.maxKeySize);
    checkSequence(table.lastSequence + 1);
    table.commitRecord(DELETE, keyLength, 0);
  }

  /** Adds a record that may need a fresh MemTable to have room. */
  #addEncoded(kind: EntryKind, key: Uint8Array, value: Uint8Array): void {
    const { tables, options } = this.#store;
    checkKeyLength(key.length, options.maxKeySize);
    checkValueLength(value.length, options.maxValueSize);
    checkSequence(this.#store.lastSequence + 1);
    if (tables.active.table.arena.room < key.length + value.length) {
      this.#store.makeRoom(
        FRAME_HEADER_BYTES + recordLength(key.length, value.length),
      );
    }
    const { table } = tables.active;
    const { bytes, recordStart } = table.arena;
    const start = recordStart + RECORD_HEADER_BYTES;
    bytes.set(key, start);
    bytes.set(value, start + key.length);
    table.commitRecord(kind, key.length, value.length);
  }
}

/** Throws `KV_INVALID_ARGUMENT` for a key that is too long. */
export function checkKeyLength(bytes: number, max: number): void {
  if (bytes <= max) return;
  throw invalidArgument(
    `Cannot write: the key takes ${bytes} bytes, maxKeySize allows ${max}`,
  );
}

/** Throws `KV_INVALID_ARGUMENT` for a value that is too long. */
export function checkValueLength(bytes: number, max: number): void {
  if (bytes <= max) return;
  throw invalidArgument(
    `Cannot write: the value takes ${bytes} bytes, maxValueSize allows ${max}`,
  );
}

/** Throws `KV_UNSUPPORTED` when there is no sequence number left for a write. */
export function checkSequence(sequence: number): void {
  if (sequence <= MAX_SEQUENCE) return;
  throw new KvError(
    "KV_UNSUPPORTED",
    `Cannot write: the store has used up its ${MAX_SEQUENCE} sequence numbers; copy it into a new one`,
  );
}
