import { compareSpans } from "../../bytes/compare.ts";
import type { Codec } from "../../codec/codec.ts";
import { isWritten } from "../../codec/written_length.ts";
import { invalidArgument } from "../../errors.ts";
import { segmentName } from "../../format/file_names.ts";
import { PUT } from "../../format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../../format/record.ts";
import { keyText } from "../../inspection/key_text.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import type { TransferProgress } from "../api/transfer.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { refuseImitation } from "../keyspaces/catalogue_format.ts";
import { RESERVED_BYTE } from "../keyspaces/layout.ts";
import type { Codecs } from "../codecs/codecs.ts";
import { checkKeyLength, checkValueLength } from "../write/record_writer.ts";
import { refusedPart } from "../codecs/refused_part.ts";
import type { Store } from "../store/store.ts";

/** What was built of a sorted source. */
export interface BuiltSegments {
  /** By ascending key; bytes and names are durable. */
  readonly infos: readonly SegmentInfo[];
  /** The first entry, as a record. */
  readonly firstRecord: Uint8Array;
}

/**
 * Room behind the records of a segment for the one that makes it full, in bytes; a larger one makes
 * more.
 */
const SLACK_BYTES = 64 * 1024;

/**
 * From this size on the records of a segment get all the memory that they may need, and a worker is
 * made ready for them.
 */
const LARGE_BYTES = 1024 * 1024;

/** What records may take together, in bytes: those that are gathered and those that are written. */
const MOST_RECORD_BYTES = 64 * 1024 * 1024;

/**
 * Segments that are written at once where that is done by a worker: it has work while one of them
 * is synced.
 */
const MOST_WRITTEN = 2;

/**
 * Builds segments of entries that come by ascending key. No manifest names them yet. The records of
 * one segment are gathered while others are written, in a worker where there is one, so that no
 * more than three are in memory.
 */
export class SortedBuilder<K, V> {
  readonly #codecs: Codecs<K, V>;
  readonly #store: Store;
  readonly #signal: AbortSignal;
  /** Segments that are written or under way, by ascending key. */
  readonly #building: Promise<SegmentInfo>[] = [];
  readonly #mostWritten: number;
  #records = shared(SLACK_BYTES);
  #length = 0;
  /** Memory of segments that are written. */
  readonly #spare: Uint8Array<SharedArrayBuffer>[] = [];
  /** Where the last key stands. */
  #lastBuffer: Uint8Array = new Uint8Array(0);
  #lastOffset = 0;
  #lastLength = -1;
  #firstRecord = new Uint8Array(0);
  #entries = 0;
  #bytes = 0;

  readonly #prefixBytes: number;

  /** @param signal Ends what is under way. */
  constructor(
    store: Store,
    { codecs, keyspace }: {
      readonly codecs: Codecs<K, V>;
      readonly keyspace: KeyspaceEntry | undefined;
    },
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#codecs = codecs;
    this.#prefixBytes = keyspace?.prefix.length ?? 0;
    this.#signal = signal;
    const { segmentSize } = store.options.compaction;
    const isWide = (MOST_WRITTEN + 1) * segmentSize > MOST_RECORD_BYTES;
    this.#mostWritten = isWide || store.runner.leastParallelBytes === Infinity
      ? 1
      : MOST_WRITTEN;
  }

  /** How much was added. */
  get progress(): TransferProgress {
    return { entries: this.#entries, bytes: this.#bytes };
  }

  /**
   * Adds the next entry. Throws `KV_INVALID_ARGUMENT` for one that is out of order or cannot be
   * written. Answers with something to wait for if that fills a segment.
   */
  add([key, value]: readonly [K, V]): Promise<void> | undefined {
    const { maxKeySize, maxValueSize, compaction } = this.#store.options;
    const keyOffset = this.#length + RECORD_HEADER_BYTES;
    const { keys, values } = this.#codecs;
    const keyLength = this.#encode("key", keys, key, keyOffset);
    checkKeyLength(keyLength - this.#prefixBytes, maxKeySize);
    if (this.#lastLength >= 0) this.#refuseDisorder(keyOffset, keyLength);
    const valueOffset = keyOffset + keyLength;
    const valueLength = this.#encode("value", values, value, valueOffset);
    checkValueLength(valueLength, maxValueSize);
    if (this.#records[keyOffset] === RESERVED_BYTE && this.#prefixBytes === 0) {
      refuseImitation(this.#records, keyOffset, keyLength, valueLength);
    }
    writeRecordHeader(this.#records, this.#length, PUT, keyLength, valueLength);
    this.#length += recordLength(keyLength, valueLength);
    this.#lastBuffer = this.#records;
    this.#lastOffset = keyOffset;
    this.#lastLength = keyLength;
    if (this.#entries++ === 0) {
      this.#firstRecord = new Uint8Array(
        this.#records.subarray(0, this.#length),
      );
    }
    this.#bytes += keyLength - this.#prefixBytes + valueLength;
    return this.#length < compaction.segmentSize ? undefined : this.#seal();
  }

  /**
   * Encodes a key or a value to `offset`, making room if there is not enough, and answers how long
   * it is.
   */
  #encode<T>(
    part: "key" | "value",
    codec: Required<Codec<T>>,
    value: T,
    offset: number,
  ): number {
    try {
      const length = codec.encodeInto(value, this.#records, offset);
      if (isWritten(length, this.#records.length - offset)) return length;
      const encoded = codec.encode(value);
      this.#grow(offset + encoded.length + SLACK_BYTES);
      this.#records.set(encoded, offset);
      return encoded.length;
    } catch (error) {
      throw refusedPart(part, error);
    }
  }

  #grow(bytes: number): void {
    if (bytes <= this.#records.length) return;
    const most = this.#store.options.compaction.segmentSize + SLACK_BYTES;
    const isLarge = bytes >= LARGE_BYTES;
    this.#store.runner.prepare(bytes);
    const usual = isLarge ? most : Math.min(2 * this.#records.length, most);
    const grown = shared(Math.max(bytes, usual));
    grown.set(this.#records);
    if (this.#lastBuffer === this.#records) this.#lastBuffer = grown;
    this.#records = grown;
  }

  #refuseDisorder(keyOffset: number, keyLength: number): void {
    const order = compareSpans(
      this.#lastBuffer,
      this.#lastOffset,
      this.#lastLength,
      this.#records,
      keyOffset,
      keyLength,
    );
    if (order < 0) return;
    const text = (bytes: Uint8Array, offset: number, length: number) =>
      keyText(
        bytes.subarray(offset + this.#prefixBytes, offset + length),
      );
    const key = text(this.#records, keyOffset, keyLength);
    const last = text(this.#lastBuffer, this.#lastOffset, this.#lastLength);
    throw invalidArgument(
      order === 0
        ? `Cannot import as sorted: the key ${key} occurs twice; without sorted the last one wins`
        : `Cannot import as sorted: the key ${key} comes after ${last}; leave sorted out`,
    );
  }

  /** Has the records written to a segment. Waits until there is memory for those of the next. */
  async #seal(): Promise<void> {
    // What it stands in may soon have other records.
    this.#lastBuffer = this.#lastBuffer
      .slice(this.#lastOffset, this.#lastOffset + this.#lastLength);
    this.#lastOffset = 0;
    const building = this.#write(this.#records, this.#length);
    // Whoever waits for it next is told.
    building.catch(() => {});
    this.#building.push(building);
    await this.#building.at(-1 - this.#mostWritten);
    this.#records = this.#spare.pop() ?? shared(this.#records.length);
    this.#length = 0;
  }

  async #write(
    records: Uint8Array<SharedArrayBuffer>,
    length: number,
  ): Promise<SegmentInfo> {
    const { runner, options } = this.#store;
    const { blockSize, compression } = options;
    const job = { blockSize, compression, buffer: records.buffer, length };
    const info = await runner.build(job, this.#signal);
    this.#spare.push(records);
    return info;
  }

  /** Finishes the segments; answers with none if there were no entries. */
  async finish(): Promise<BuiltSegments> {
    if (this.#length > 0) {
      this.#building.push(this.#write(this.#records, this.#length));
    }
    const infos = await Promise.all(this.#building);
    return { infos, firstRecord: this.#firstRecord };
  }

  /** Removes all that was written, once nothing is under way. */
  async abandon(): Promise<void> {
    for (const built of await Promise.allSettled(this.#building)) {
      if (built.status === "rejected") continue;
      try {
        await this.#store.storage.remove(segmentName(built.value.number));
      } catch {
        // No manifest names the file: the next open sweeps it.
      }
    }
  }
}

function shared(bytes: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(bytes));
}
