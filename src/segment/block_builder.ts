import { sharedPrefixLength } from "../bytes/compare.ts";
import { varintLength, writeVarint } from "../bytes/varint.ts";
import { invalidArgument, KvError } from "../errors.ts";
import type { EntryView } from "../format/entry.ts";
import { type EntryKind, PUT } from "../format/kind.ts";
import { blockEndLength, writeBlockEnd } from "./block_end.ts";
import {
  entryForm,
  isNewestTag,
  isPutTag,
  MAX_BLOCK_BYTES,
  MAX_BLOCK_ENTRIES,
} from "./block_format.ts";
import { copySpan, grown } from "./copy_span.ts";
import { MAX_SEGMENT_KEY_BYTES } from "./format.ts";

/** A block that is complete. */
export interface FinishedBlock {
  readonly payload: Uint8Array;
  /** For each key, where its newest version begins in the payload. */
  readonly offsets: Uint32Array;
}

/** How an entry relates to the one before it. */
export type Relation = typeof NEW_KEY | typeof OLDER_VERSION;
export const NEW_KEY = 0;
export const OLDER_VERSION = 1;

/** The most bytes that a header takes: tag, value length and sequence. */
const HEADER_ROOM_BYTES = 4 + 5 + 8;

/** A buffer that grew past this many bytes is given back after the block. */
const KEPT_BUFFER_BYTES = 4 << 20;

/**
 * Builds one data block after another.
 *
 * The shared prefix is known only when the block closes. So entries are laid down as full key and
 * value with room for a header before them, and `finish` writes the headers and moves each suffix
 * and value left, in place: one native move for each entry.
 */
export class BlockBuilder {
  readonly #blockSize: number;
  #buffer: Uint8Array;
  /** End of what was laid down in the buffer. */
  #used = 0;
  /** Bytes that the entries take in the payload, before the shared prefix is taken out. */
  #entryBytes = 0;
  #entries = 0;
  #keys = 0;
  #prefixLength = 0;
  #sequenced = false;

  // For each entry: where its key and value lie in the buffer, and what its header will say.
  #starts = new Uint32Array(MAX_BLOCK_ENTRIES);
  #keyLengths = new Uint32Array(MAX_BLOCK_ENTRIES);
  #valueLengths = new Uint32Array(MAX_BLOCK_ENTRIES);
  #forms = new Uint8Array(MAX_BLOCK_ENTRIES);
  #sequences = new Float64Array(MAX_BLOCK_ENTRIES);
  /** For each key: where its entry begins in the payload. */
  #offsets = new Uint32Array(MAX_BLOCK_ENTRIES);

  // The last key: in the buffer, or, while the block is empty, in a copy that outlives the block
  // before.
  #lastKeyCopy: Uint8Array = new Uint8Array(64);
  #lastKeyOffset = 0;
  #lastKeyLength = -1;
  #lastSequence = 0;
  /** What the last call of `relate` found out. */
  #sharedLength = 0;

  constructor(blockSize: number) {
    this.#blockSize = blockSize;
    this.#buffer = new Uint8Array(blockSize + 8192);
  }

  /** Bytes of the payload if it was finished now. */
  get sizeBytes(): number {
    return this.#entryBytes - this.#keys * this.#prefixLength +
      blockEndLength(this.#entryBytes, this.#keys, this.#prefixLength);
  }

  /** Whether nothing was added to the block. */
  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** Whether the block is to be closed before the next key. */
  get isFull(): boolean {
    return this.#keys > 0 && (
      this.sizeBytes >= this.#blockSize || this.#entries >= MAX_BLOCK_ENTRIES
    );
  }

  /**
   * Says how `entry` relates to the one before it, also in the block before. Throws if it is out of
   * order.
   */
  relate(entry: EntryView): Relation {
    const length = entry.keyLength;
    if (length > MAX_SEGMENT_KEY_BYTES) {
      throw invalidArgument(
        `Cannot add entry: a key of ${length} bytes is too long for a segment`,
      );
    }
    const lastLength = this.#lastKeyLength;
    if (lastLength < 0) return NEW_KEY;
    const last = this.#lastKeyBuffer;
    const lastOffset = this.#lastKeyOffset;
    const shared = sharedPrefixLength(
      last,
      lastOffset,
      lastLength,
      entry.keyBuffer,
      entry.keyOffset,
      length,
    );
    this.#sharedLength = shared;
    if (shared === lastLength) {
      if (shared < length) return NEW_KEY;
      if (entry.sequence < this.#lastSequence) return OLDER_VERSION;
      throw invalidArgument(
        "Cannot add entry: versions of a key must descend in sequence number",
      );
    }
    if (
      shared < length &&
      entry.keyBuffer[entry.keyOffset + shared]! > last[lastOffset + shared]!
    ) return NEW_KEY;
    throw invalidArgument("Cannot add entry: keys must ascend");
  }

  /**
   * Adds an entry that stands in this relation to the one before; an empty block begins with a new
   * key.
   */
  add(entry: EntryView, relation: Relation): void {
    const valueLength = entry.kind === PUT ? entry.valueLength : 0;
    const keyLength = relation === NEW_KEY ? entry.keyLength : 0;
    const end = this.#used + HEADER_ROOM_BYTES + keyLength + valueLength;
    if (end > MAX_BLOCK_BYTES) throw blockTooLong();
    this.#reserve(end);
    const start = this.#used + HEADER_ROOM_BYTES;
    copySpan(
      this.#buffer,
      start,
      entry.keyBuffer,
      entry.keyOffset,
      keyLength,
    );
    copySpan(
      this.#buffer,
      start + keyLength,
      entry.valueBuffer,
      entry.valueOffset,
      valueLength,
    );
    this.#used = end;
    this.#describe(start, keyLength, valueLength);
    this.#setHeader(entry.kind, entry.sequence, relation);
    if (relation === NEW_KEY) this.#countKey(start, keyLength);
    this.#lastSequence = entry.sequence;
  }

  /** Completes the block, begins the next one, and answers what holds until the next `add`. */
  finish(): FinishedBlock {
    this.#keepLastKey();
    const prefixLength = this.#prefixLength;
    const prefix = this.#buffer.slice(
      this.#starts[0]!,
      this.#starts[0]! + prefixLength,
    );
    const entriesEnd = this.#packEntries();
    const end = entriesEnd +
      blockEndLength(entriesEnd, this.#keys, prefixLength);
    if (end > MAX_BLOCK_BYTES) throw blockTooLong();
    this.#buffer = grown(this.#buffer, entriesEnd, end);
    writeBlockEnd(this.#buffer, entriesEnd, {
      offsets: this.#offsets,
      keys: this.#keys,
      prefix,
      sequenced: this.#sequenced,
    });
    const finished = {
      payload: this.#buffer.subarray(0, end),
      offsets: this.#offsets.subarray(0, this.#keys),
    };
    this.#reset();
    return finished;
  }

  /** The last key that was added. Its bytes must not be changed. */
  lastKey(): Uint8Array {
    return this.#lastKeyBuffer.subarray(
      this.#lastKeyOffset,
      this.#lastKeyOffset + this.#lastKeyLength,
    );
  }

  get #lastKeyBuffer(): Uint8Array {
    return this.#entries === 0 ? this.#lastKeyCopy : this.#buffer;
  }

  #reserve(bytes: number): void {
    this.#buffer = grown(this.#buffer, this.#used, bytes);
    if (this.#entries < this.#starts.length) return;
    const capacity = this.#entries * 2;
    this.#starts = resized(this.#starts, new Uint32Array(capacity));
    this.#keyLengths = resized(this.#keyLengths, new Uint32Array(capacity));
    this.#valueLengths = resized(this.#valueLengths, new Uint32Array(capacity));
    this.#forms = resized(this.#forms, new Uint8Array(capacity));
    this.#sequences = resized(this.#sequences, new Float64Array(capacity));
  }

  #describe(start: number, keyLength: number, valueLength: number): void {
    const i = this.#entries;
    this.#starts[i] = start;
    this.#keyLengths[i] = keyLength;
    this.#valueLengths[i] = valueLength;
    this.#entryBytes += varintLength(keyLength << 2) + keyLength + valueLength;
  }

  #setHeader(kind: EntryKind, sequence: number, relation: Relation): void {
    const i = this.#entries++;
    this.#forms[i] = entryForm(kind, relation === OLDER_VERSION);
    this.#sequences[i] = sequence;
    if (kind === PUT) this.#entryBytes += varintLength(this.#valueLengths[i]!);
    if (sequence === 0 && !this.#sequenced) return;
    // The entries before had sequence 0, which takes one byte.
    if (!this.#sequenced) this.#entryBytes += i;
    this.#sequenced = true;
    this.#entryBytes += varintLength(sequence);
  }

  #countKey(start: number, keyLength: number): void {
    this.#prefixLength = this.#keys === 0
      ? keyLength
      : Math.min(this.#prefixLength, this.#sharedLength);
    this.#keys++;
    this.#lastKeyOffset = start;
    this.#lastKeyLength = keyLength;
  }

  #keepLastKey(): void {
    const key = this.lastKey();
    this.#lastKeyCopy = grown(this.#lastKeyCopy, 0, key.length);
    this.#lastKeyCopy.set(key);
    this.#lastKeyOffset = 0;
  }

  /**
   * Writes the headers and moves suffixes and values left behind them. Answers where the entries
   * end.
   */
  #packEntries(): number {
    const buffer = this.#buffer;
    const prefixLength = this.#prefixLength;
    let at = 0;
    let key = 0;
    for (let i = 0; i < this.#entries; i++) {
      const form = this.#forms[i]!;
      const isNewest = isNewestTag(form);
      const skipped = isNewest ? prefixLength : 0;
      const suffixLength = this.#keyLengths[i]! - skipped;
      const start = this.#starts[i]!;
      const end = start + this.#keyLengths[i]! + this.#valueLengths[i]!;
      if (isNewest) this.#offsets[key++] = at;
      at = writeVarint(buffer, at, suffixLength << 2 | form);
      if (isPutTag(form)) at = writeVarint(buffer, at, this.#valueLengths[i]!);
      if (this.#sequenced) at = writeVarint(buffer, at, this.#sequences[i]!);
      buffer.copyWithin(at, start + skipped, end);
      at += end - start - skipped;
    }
    return at;
  }

  #reset(): void {
    this.#used = 0;
    this.#entryBytes = 0;
    this.#entries = 0;
    this.#keys = 0;
    this.#prefixLength = 0;
    this.#sequenced = false;
    if (this.#buffer.length > KEPT_BUFFER_BYTES) {
      this.#buffer = new Uint8Array(this.#blockSize + 8192);
    }
  }
}

function resized<T extends Uint8Array | Uint32Array | Float64Array>(
  from: T,
  to: T,
): T {
  to.set(from);
  return to;
}

function blockTooLong(): KvError {
  return new KvError(
    "KV_UNSUPPORTED",
    `Cannot add entry: the versions of one key would take more than ${MAX_BLOCK_BYTES} bytes; close old snapshots`,
  );
}
