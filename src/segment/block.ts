import { isAscii } from "node:buffer";
import { compareSpans, equalSpans } from "../bytes/compare.ts";
import { readUint32 } from "../bytes/fixed.ts";
import {
  type AsciiParts,
  type EntryView,
  KEYS_AND_VALUES,
  type Neighbors,
  NO_PARTS,
  VALUES,
} from "../format/entry.ts";
import {
  BLOCK_TRAILER_BYTES,
  FLAG_SEQUENCED,
  FLAG_WIDE_RESTARTS,
  isNewestTag,
  isPutTag,
  tagKind,
} from "./block_format.ts";
import { BlockText } from "./block_text.ts";
import { copySpan } from "./copy_span.ts";

/** What {@linkcode matchEntry} finds under a key. */
export type Match =
  | typeof FOUND
  | typeof HIDDEN
  | typeof OTHER_KEY
  | typeof NO_ENTRY;
/** A visible version of the key: the view holds it. */
export const FOUND = 1;
/** Versions of the key, none of them visible. */
export const HIDDEN = 0;
/** Another key. */
export const OTHER_KEY = -1;
/** There is no entry at this offset. */
export const NO_ENTRY = -2;

// Everything here works on payloads that were checked by `checkBlock`, and trusts every length in
// them as long as offsets come from the block itself.

/**
 * Reads the entry at `offset` into `view` and answers where the next one begins. The key of the
 * view becomes the suffix; for an older version, which has none, it stays as it was.
 */
export function readEntry(
  bytes: Uint8Array,
  offset: number,
  sequenced: boolean,
  view: EntryView,
): number {
  // An int32 for sure: offsets that checks have computed can be doubles to JavaScriptCore, which
  // then does all that follows in doubles. Gets took 8 % more, of blocks that are hot.
  let at = offset | 0;
  let tag = bytes[at++]!;
  if (tag > 0x7f) {
    tag &= 0x7f;
    for (let shift = 7, byte = 0x80; byte > 0x7f; shift += 7) {
      byte = bytes[at++]!;
      tag |= (byte & 0x7f) << shift;
    }
  }
  let valueLength = 0;
  if (isPutTag(tag)) {
    valueLength = bytes[at++]!;
    if (valueLength > 0x7f) {
      valueLength &= 0x7f;
      for (let shift = 7, byte = 0x80; byte > 0x7f; shift += 7) {
        byte = bytes[at++]!;
        valueLength |= (byte & 0x7f) << shift;
      }
    }
  }
  view.sequence = 0;
  if (sequenced) at = readSequence(bytes, at, view);
  if (isNewestTag(tag)) {
    view.keyBuffer = bytes;
    view.keyOffset = at;
    view.keyLength = tag >>> 2;
    at += tag >>> 2;
  }
  view.kind = tagKind(tag);
  view.valueBuffer = bytes;
  view.valueOffset = at;
  view.valueLength = valueLength;
  return at + valueLength;
}

function readSequence(
  bytes: Uint8Array,
  offset: number,
  view: EntryView,
): number {
  let at = offset;
  let sequence = 0;
  let scale = 1;
  // Bytes past the end are `undefined`: the comparison must end the loop for them.
  for (let byte = 0x80; byte > 0x7f; scale *= 128) {
    byte = bytes[at++]!;
    sequence += (byte & 0x7f) * scale;
  }
  view.sequence = sequence;
  return at;
}

/**
 * Looks whether the entry at `offset` of the payload from `start` to `end` is the newest of the
 * given key and, if so, for the newest version with a sequence of at most `maxSequence`. A found
 * view has the caller's key. This is the end of a lookup through the hash index: nearly all of its
 * time is waiting for memory, so it goes straight to the payload, without a `Block` in between.
 *
 * `offset` comes from the hash index and may be made up: what does not lie inside the payload is
 * refused.
 */
export function matchEntry(
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
  key: Uint8Array,
  keyOffset: number,
  keyLength: number,
  maxSequence: number,
  view: EntryView,
): Match {
  const trailer = end - BLOCK_TRAILER_BYTES;
  const sequenced = (bytes[trailer + 4]! & FLAG_SEQUENCED) !== 0;
  const at = start + offset;
  const next = readEntry(bytes, at, sequenced, view);
  // Said this way round, it refuses NaN too: past the end of the array there are no numbers.
  if (
    !(next <= trailer) || view.valueLength < 0 || !isNewestTag(bytes[at]!)
  ) return NO_ENTRY;
  const prefixLength = readPrefixLength(bytes, trailer);
  const prefixOffset = trailer - prefixLength;
  const suffixLength = keyLength - prefixLength;
  if (
    view.keyLength !== suffixLength ||
    !equalSpans(
      bytes,
      view.keyOffset,
      suffixLength,
      key,
      keyOffset + prefixLength,
      suffixLength,
    ) ||
    !equalSpans(bytes, prefixOffset, prefixLength, key, keyOffset, prefixLength)
  ) return OTHER_KEY;
  if (view.sequence > maxSequence) {
    const older = new Block(bytes.subarray(start, end))
      .readOlder(next - start, maxSequence, view);
    if (older <= 0) return older === 0 ? HIDDEN : NO_ENTRY;
  }
  view.keyBuffer = key;
  view.keyOffset = keyOffset;
  view.keyLength = keyLength;
  return FOUND;
}

/** A data block whose description was read once, for those who stay in it. */
export class Block implements Neighbors {
  /** The payload. */
  readonly bytes: Uint8Array;
  readonly prefixOffset: number;
  readonly prefixLength: number;
  readonly restarts: number;
  /** Where the entries end and the restarts begin. */
  readonly entriesEnd: number;
  /** Whether the entries carry sequence numbers. */
  readonly sequenced: boolean;
  readonly #wide: boolean;
  #text: BlockText | undefined = undefined;

  /**
   * Reads what stands at the end of the payload; lengths that cannot be make `entriesEnd` negative.
   */
  constructor(payload: Uint8Array) {
    this.bytes = payload;
    const trailer = payload.length - BLOCK_TRAILER_BYTES;
    const flags = payload[trailer + 4]!;
    this.#wide = (flags & FLAG_WIDE_RESTARTS) !== 0;
    this.sequenced = (flags & FLAG_SEQUENCED) !== 0;
    this.restarts = payload[trailer + 3]!;
    this.prefixLength = readPrefixLength(payload, trailer);
    this.prefixOffset = trailer - this.prefixLength;
    this.entriesEnd = this.prefixOffset - this.restarts * (this.#wide ? 4 : 2);
  }

  /**
   * What of the entries is ASCII, by one look at all their bytes, tags and lengths included:
   * nothing where a value has more than 127 bytes, a key more than 31 behind the prefix, or an
   * entry a sequence number past 127. It takes as long as two short strings do to decode.
   */
  findAsciiParts(): AsciiParts {
    const { bytes, entriesEnd, prefixOffset, prefixLength } = this;
    if (!isAscii(bytes.subarray(0, entriesEnd))) return NO_PARTS;
    let seen = 0;
    for (let i = 0; i < prefixLength; i++) seen |= bytes[prefixOffset + i]!;
    return seen < 0x80 ? KEYS_AND_VALUES : VALUES;
  }

  asciiText(start: number, end: number): string {
    this.#text ??= new BlockText(this.bytes, this.entriesEnd);
    return this.#text.cut(start, end);
  }

  /** Where the entry of restart number `i` begins. */
  restartOffset(i: number): number {
    return this.#wide
      ? readUint32(this.bytes, this.entriesEnd + i * 4)
      : readUint16(this.bytes, this.entriesEnd + i * 2);
  }

  /** Whether the newest version of a key begins at `offset`, which is the start of an entry. */
  isNewestAt(offset: number): boolean {
    return isNewestTag(this.bytes[offset]!);
  }

  /** `readEntry` in this block. */
  readEntry(offset: number, view: EntryView): number {
    return readEntry(this.bytes, offset, this.sequenced, view);
  }

  /**
   * Reads into `view` the first entry from `offset` on with a sequence of at most `maxSequence`, as
   * long as there are older versions of one key. Answers where the next entry begins, 0 if none was
   * found, or -1 where `offset` was made up and leads nowhere.
   */
  readOlder(offset: number, maxSequence: number, view: EntryView): number {
    let at = offset;
    while (at < this.entriesEnd && !this.isNewestAt(at)) {
      const next = this.readEntry(at, view);
      if (next <= at || next > this.entriesEnd) return -1;
      if (view.sequence <= maxSequence) return next;
      at = next;
    }
    return 0;
  }

  /** Copies the shared prefix to the start of `target`. */
  copyPrefix(target: Uint8Array): void {
    copySpan(target, 0, this.bytes, this.prefixOffset, this.prefixLength);
  }

  /**
   * Completes a key whose shared prefix is at the start of `target` with the suffix that
   * `readEntry` put into `view`.
   */
  copySuffix(target: Uint8Array, { keyOffset, keyLength }: EntryView): void {
    copySpan(target, this.prefixLength, this.bytes, keyOffset, keyLength);
  }

  /**
   * Where the newest version of the first key at or after the given one begins, or where the
   * entries end. Overwrites `view`.
   */
  lowerBound(
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
    view: EntryView,
  ): number {
    const prefixLength = this.prefixLength;
    const shared = Math.min(prefixLength, keyLength);
    const order = compareSpans(
      this.bytes,
      this.prefixOffset,
      shared,
      key,
      keyOffset,
      shared,
    );
    if (order !== 0) return order < 0 ? this.entriesEnd : 0;
    if (keyLength < prefixLength) return 0;
    return this.#lowerBoundOfSuffix(
      key,
      keyOffset + prefixLength,
      keyLength - prefixLength,
      view,
    );
  }

  /** Binary search for the last restart before the key, then a walk. */
  #lowerBoundOfSuffix(
    key: Uint8Array,
    offset: number,
    length: number,
    view: EntryView,
  ): number {
    let low = 0;
    let high = this.restarts;
    while (low < high) {
      const middle = (low + high) >>> 1;
      this.readEntry(this.restartOffset(middle), view);
      if (this.#compareSuffix(view, key, offset, length) < 0) low = middle + 1;
      else high = middle;
    }
    let at = low === 0 ? 0 : this.restartOffset(low - 1);
    while (at < this.entriesEnd) {
      const isNewest = this.isNewestAt(at);
      const next = this.readEntry(at, view);
      if (isNewest && this.#compareSuffix(view, key, offset, length) >= 0) {
        break;
      }
      at = next;
    }
    return at;
  }

  #compareSuffix(
    view: EntryView,
    key: Uint8Array,
    offset: number,
    length: number,
  ): number {
    return compareSpans(
      this.bytes,
      view.keyOffset,
      view.keyLength,
      key,
      offset,
      length,
    );
  }
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

function readPrefixLength(bytes: Uint8Array, trailer: number): number {
  return readUint16(bytes, trailer) | (bytes[trailer + 2]! << 16);
}
