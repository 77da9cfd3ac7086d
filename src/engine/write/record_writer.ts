import type { Codec } from "../../codec/codec.ts";
import { isWritten } from "../../codec/written_length.ts";
import { invalidArgument, KvError } from "../../errors.ts";
import type { KeyRange } from "../../format/key_range.ts";
import {
  DELETE,
  PUT,
  RANGE_DELETE,
  type RecordKind,
} from "../../format/kind.ts";
import { FRAME_HEADER_BYTES } from "../../format/log_format.ts";
import { RECORD_HEADER_BYTES, recordLength } from "../../format/record.ts";
import { MAX_SEQUENCE } from "../../format/sequence.ts";
import type { RangeOptions } from "../api/ranges.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { refuseImitation } from "../keyspaces/catalogue_format.ts";
import { RESERVED_BYTE } from "../keyspaces/layout.ts";
import {
  checkDeleteRange,
  encodeRange,
  hasKeys,
  refuseEmptyPrefix,
} from "../read/ranges.ts";
import type { Codecs } from "../codecs/codecs.ts";
import { refuseTooManyRanges } from "./range_limit.ts";
import { refusedEntry } from "../codecs/refused_part.ts";
import type { Store } from "../store/store.ts";

const NO_BYTES = new Uint8Array(0);

/** Puts single records into the MemTable that takes writes. */
export class RecordWriter<K, V> {
  readonly #store: Store;
  readonly #codecs: Codecs<K, V>;
  readonly #keyspace: KeyspaceEntry | undefined;
  readonly #prefixBytes: number;

  /**
   * @param keyspace The keyspace whose prefix the codec of the keys sets; without one, keys that
   * are in none are written.
   */
  constructor(
    store: Store,
    codecs: Codecs<K, V>,
    keyspace: KeyspaceEntry | undefined,
  ) {
    this.#store = store;
    this.#codecs = codecs;
    this.#keyspace = keyspace;
    this.#prefixBytes = keyspace?.prefix.length ?? 0;
  }

  /** Adds a put. */
  put(key: K, value: V): void {
    const store = this.#store;
    store.isEncoding = true;
    try {
      this.#put(key, value);
    } catch (error) {
      throw refusedEntry(this.#codecs, [key, value], error);
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
    if (isWritten(keyLength, arena.bytes.length - start)) {
      this.#checkKey(keyLength);
      const at = start + keyLength;
      const valueLength = values.encodeInto(value, arena.bytes, at);
      if (isWritten(valueLength, arena.bytes.length - at)) {
        checkValueLength(valueLength, this.#store.options.maxValueSize);
        this.#noteReserved(arena.bytes, start, keyLength, valueLength);
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
    if (!isWritten(keyLength, arena.bytes.length - start)) {
      return this.#addEncoded(DELETE, keys.encode(key), NO_BYTES);
    }
    this.#checkKey(keyLength);
    checkSequence(table.lastSequence + 1);
    this.#noteReserved(arena.bytes, start, keyLength);
    table.commitRecord(DELETE, keyLength, 0);
  }

  /** Adds a range delete; one of a range without keys is none. */
  delRange(options: RangeOptions<K>): void {
    const store = this.#store;
    store.isEncoding = true;
    try {
      const range = encodeDeleteRange(this.#codecs.keys, options, {
        within: this.#allKeys,
        prefixBytes: this.#prefixBytes,
        maxKeySize: store.options.maxKeySize,
      });
      if (range !== undefined) this.#addRange(range);
    } finally {
      store.isEncoding = false;
    }
  }

  /** Adds a delete of all keys. */
  clear(): void {
    this.#addRange(this.#allKeys);
  }

  get #allKeys(): KeyRange {
    const { catalogue, lastSequence } = this.#store;
    return this.#keyspace?.range ?? catalogue.rangeOfDefault(lastSequence);
  }

  #addRange({ lower = NO_BYTES, upper = NO_BYTES }: KeyRange): void {
    refuseTooManyRanges(this.#store, lower.length + upper.length);
    this.#add(RANGE_DELETE, lower, upper);
    this.#store.showRanges();
  }

  /** Throws `KV_INVALID_ARGUMENT` for an encoded key that is too long. */
  #checkKey(length: number): void {
    const { maxKeySize } = this.#store.options;
    checkKeyLength(length - this.#prefixBytes, maxKeySize);
  }

  /**
   * Notes a key in no keyspace that begins as those of keyspaces do, before it is written. Throws
   * `KV_INVALID_ARGUMENT` if there are keyspaces, or for an entry that would pass for one of the
   * catalogue.
   */
  #noteReserved(
    bytes: Uint8Array,
    start: number,
    keyLength: number,
    valueLength = 0,
  ): void {
    if (bytes[start] !== RESERVED_BYTE || keyLength === 0) return;
    if (this.#prefixBytes > 0) return;
    refuseImitation(bytes, start, keyLength, valueLength);
    this.#store.catalogue.noteReservedKey();
  }

  /** Adds a record that may need a fresh MemTable to have room. */
  #addEncoded(kind: RecordKind, key: Uint8Array, value: Uint8Array): void {
    const { options } = this.#store;
    this.#checkKey(key.length);
    checkValueLength(value.length, options.maxValueSize);
    this.#add(kind, key, value);
  }

  #add(kind: RecordKind, key: Uint8Array, value: Uint8Array): void {
    const { tables } = this.#store;
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
    if (kind !== RANGE_DELETE) {
      this.#noteReserved(bytes, start, key.length, value.length);
    }
    table.commitRecord(kind, key.length, value.length);
  }
}

/** Where a range delete has to lie, and how long its bounds may be. */
export interface DeleteLimits {
  readonly within: KeyRange;
  /** Bytes that stand in front of the user's keys. */
  readonly prefixBytes: number;
  readonly maxKeySize: number;
}

/**
 * The range that is to be deleted; `undefined` if it has no keys. Throws `KV_INVALID_ARGUMENT` for
 * one that cannot be.
 */
export function encodeDeleteRange<K>(
  codec: Codec<K>,
  options: RangeOptions<K>,
  { within, prefixBytes, maxKeySize }: DeleteLimits,
): KeyRange | undefined {
  checkDeleteRange(options);
  const range = encodeRange(codec, options, {
    within,
    checkLength: (storedBytes, name) => {
      const bytes = storedBytes - prefixBytes;
      checkKeyLength(bytes, maxKeySize);
      if (name === "prefix") refuseEmptyPrefix(options, bytes);
    },
  });
  return hasKeys(range) ? range : undefined;
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
