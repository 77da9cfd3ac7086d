/**
 * The data block: a run of entries in order. Its payload:
 *
 *     | entries | restarts          | shared prefix | prefix length | restarts | flags |
 *     |         | u16 or u32 x each |               | u24           | u8       | u8    |
 *
 *     entry
 *     | tag    | value length | sequence | suffix | value |
 *     | varint | varint       | varint   |        |       |
 *
 * `tag` is suffix length << 2 | form. The key is the shared prefix and the suffix. Forms: 1 put, 2
 * delete, and for versions of the key of the entry before, in descending sequence: 3 put, 0 delete,
 * which have no suffix. All versions of a key lie in one block. A delete has neither value length
 * nor value. The sequence is there if the flag says so; otherwise it is 0.
 *
 * The restarts are the offsets of every eighth key, the first one included, for the binary search
 * of a seek. Lookups do not need them: the hash index names offsets. What describes the block
 * stands behind the entries because it is known last.
 *
 * @module
 */
import { DELETE, type EntryKind, PUT } from "../format/kind.ts";

/** Flag: every entry carries a sequence number. */
export const FLAG_SEQUENCED = 1;
/** Flag: restarts are 4 bytes long, not 2. */
export const FLAG_WIDE_RESTARTS = 2;
export const KNOWN_FLAGS: number = FLAG_SEQUENCED | FLAG_WIDE_RESTARTS;

/** Bytes of prefix length, number of restarts and flags. */
export const BLOCK_TRAILER_BYTES = 5;

/** Every so many keys there is a restart. */
export const RESTART_INTERVAL = 8;

/** Entries regions from this size on need wide restarts. */
export const WIDE_RESTARTS_FROM_BYTES = 0x1_0000;

/**
 * A block is closed at the latest after this many entries, save for older versions of its last key.
 */
export const MAX_BLOCK_ENTRIES = 256;

/**
 * The longest payload of a block. Only versions of one key, held by snapshots, could be longer
 * together.
 */
export const MAX_BLOCK_BYTES = 0x7fff_ffff;

/** The form of an entry, the low two bits of its tag. */
export function entryForm(kind: EntryKind, isOlderVersion: boolean): number {
  return isOlderVersion ? kind ^ 2 : kind;
}

/** Whether the low bits of `tag` say that the entry has a value. */
export function isPutTag(tag: number): boolean {
  return (tag & 1) !== 0;
}

/** Whether the low bits of `tag` say that the entry is the newest version of its key. */
export function isNewestTag(tag: number): boolean {
  return ((tag ^ (tag >>> 1)) & 1) !== 0;
}

/** What an entry with this tag says of its key. */
export function tagKind(tag: number): EntryKind {
  return (tag & 1) !== 0 ? PUT : DELETE;
}
