import { corruption, type KvCorruptionError } from "../errors.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import type { KeyRange } from "../format/key_range.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";
import {
  Block,
  FOUND,
  type Match,
  matchEntry,
  NO_ENTRY,
  OTHER_KEY,
} from "./block.ts";
import type { BlockCache } from "./block_cache.ts";
import { arrayOf, startOf } from "./block_slabs.ts";
import { asciiPartsIn, type BlockShelf, USED } from "./cache_shelf.ts";
import { SegmentCursor, type SegmentCursorOptions } from "./cursor.ts";
import type { Footer } from "./format.ts";
import {
  firstSlotOf,
  type HashGeometry,
  hashGeometry,
  pageOf,
  pointerAt,
  probe,
} from "./hash_index.ts";
import { readSegmentEnd } from "./open_segment.ts";
import type { SegmentProperties } from "./properties.ts";
import { shareOfRange } from "./range_size.ts";
import { SegmentParts } from "./segment_parts.ts";

/** How a segment is opened. */
export interface SegmentReaderOptions {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Where blocks, hash pages and the index are kept. */
  readonly cache: BlockCache;
  /** Blocks of the segment that are in the cache already. */
  readonly blocks?: BlockShelf | undefined;
}

/**
 * After so many keys that only looked like the one sought, a lookup searches by order: keys may be
 * made to have equal hashes.
 */
const MAX_CANDIDATES = 8;

/** Reads a segment. Any number of lookups and cursors may be under way at once. */
export class SegmentReader {
  /** What the segment holds as a whole. */
  readonly properties: SegmentProperties;
  /** Where its parts lie, and the random number that it was made with. */
  readonly footer: Footer;
  readonly #name: string;
  readonly #cache: BlockCache;
  readonly #parts: SegmentParts;
  readonly #pages: readonly (Uint8Array | undefined)[];
  readonly #pageMarks: Uint8Array;
  readonly #blocks: BlockShelf;
  readonly #arrays: readonly Uint8Array[];

  /** How the hash index is laid out, if there is one. */
  readonly #geometry: HashGeometry | undefined;

  private constructor(
    parts: SegmentParts,
    geometry: HashGeometry | undefined,
  ) {
    this.properties = parts.properties;
    this.footer = parts.footer;
    this.#name = parts.name;
    this.#cache = parts.cache;
    this.#parts = parts;
    this.#pages = parts.pages.parts;
    this.#pageMarks = parts.pages.marks;
    this.#blocks = parts.blocks;
    this.#arrays = parts.cache.slabs.arrays;
    this.#geometry = geometry;
  }

  /**
   * Opens the segment in `file`, which the reader closes when it is closed; if opening fails, that
   * is left to the caller.
   */
  static open(
    file: ReadableFile,
    { name, cache, blocks: cached }: SegmentReaderOptions,
  ): Awaitable<SegmentReader> {
    return chain(readSegmentEnd(file, name), ({ footer, properties }) => {
      const { hashPages, hashSlots } = footer;
      const { blocks, offsetBits } = properties;
      const geometry = hashPages === 0
        ? undefined
        : hashGeometry(hashPages, hashSlots, offsetBits, blocks);
      if (hashPages > 0 && geometry === undefined) {
        throw corruption(
          name,
          footer.propertiesOffset,
          "the hash index has an impossible layout",
        );
      }
      const parts = new SegmentParts({
        name,
        file,
        cache,
        footer,
        properties,
        blocks: cached,
      });
      return new SegmentReader(parts, geometry);
    });
  }

  /**
   * Finds the newest version of a key with a sequence number of at most `maxSequence`, fills `view`
   * with it and answers `true`; a tombstone counts as found. Otherwise what `view` holds means
   * nothing. `hash` is `hashSpan` of the key, whose bytes must not change until the answer. What is
   * known to be ASCII is noted in `view` where page and block are in memory; otherwise that stays.
   */
  find(
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
    hash: number,
    maxSequence: number,
    view: EntryView,
  ): Awaitable<boolean> {
    const geometry = this.#geometry;
    if (geometry === undefined) {
      return this.#search({ key, keyOffset, keyLength, maxSequence, view });
    }
    const pageNumber = pageOf(hash, geometry.pages);
    const page = this.#pages[pageNumber];
    if (page === undefined) {
      const lookup = { key, keyOffset, keyLength, hash, maxSequence, view };
      const at = firstSlotOf(hash, geometry.slots);
      return this.#probeLoading(lookup, { geometry, at, tried: 0 });
    }
    this.#cache.hits++;
    this.#pageMarks[pageNumber] = USED;
    const { slots, offsetBits } = geometry;
    let at = firstSlotOf(hash, slots);
    for (let tried = 0; tried < MAX_CANDIDATES; tried++) {
      at = probe(page, at, hash, geometry);
      if (at < 0) return false;
      const pointer = pointerAt(page, at, geometry);
      const number = pointer >>> offsetBits;
      const { places, marks } = this.#blocks;
      const place = places[2 * number];
      if (place === undefined || place === 0) {
        const lookup = { key, keyOffset, keyLength, hash, maxSequence, view };
        return this.#probeLoading(lookup, { geometry, at, tried });
      }
      this.#cache.hits++;
      const mark = marks[number]!;
      marks[number] = mark | USED;
      const start = startOf(place);
      const match = matchEntry(
        this.#arrays[arrayOf(place)]!,
        start,
        start + places[2 * number + 1]!,
        pointer - (number << offsetBits),
        key,
        keyOffset,
        keyLength,
        maxSequence,
        view,
      );
      if (match === FOUND) {
        view.asciiParts = asciiPartsIn(mark);
        return true;
      }
      if (match !== OTHER_KEY) return this.#notFound(match);
      if (++at === slots) at = 0;
    }
    return this.#search({ key, keyOffset, keyLength, maxSequence, view });
  }

  /** Memory that its blocks take in the cache, in bytes. */
  get cachedBytes(): number {
    return this.#blocks.bytes;
  }

  /** A cursor over the entries of the segment. */
  cursor(options: SegmentCursorOptions): Cursor {
    return new SegmentCursor(this.#parts, options);
  }

  /** What share of the blocks, and of their bytes, a range has; by the index, no block is read. */
  shareOfRange(
    range: KeyRange,
  ): Awaitable<{ blocks: number; bytes: number }> {
    return chain(
      this.#parts.index(),
      (index) => shareOfRange(index, this.properties, range),
    );
  }

  /**
   * Takes what is cached out of the cache and closes the file. No lookup or cursor may be used
   * afterwards.
   */
  close(): Awaitable<void> {
    return this.#parts.close();
  }

  /** Goes on with a lookup from a slot of a page, and reads what is not in memory. */
  #probeLoading(lookup: HashLookup, position: Position): Awaitable<boolean> {
    const { geometry, tried } = position;
    if (tried === MAX_CANDIDATES) return this.#search(lookup);
    const { slots, pages, offsetBits } = geometry;
    // Asked for each time: to load a block may have taken the page out of memory.
    return chain(this.#parts.page(pageOf(lookup.hash, pages)), (page) => {
      const at = probe(page, position.at, lookup.hash, geometry);
      if (at < 0) return false;
      const pointer = pointerAt(page, at, geometry);
      const number = pointer >>> offsetBits;
      return chain(this.#block(number), (block) => {
        const match = matchAt(block, pointer - (number << offsetBits), lookup);
        if (match === FOUND) return true;
        if (match !== OTHER_KEY) return this.#notFound(match);
        const next = at + 1 === slots ? 0 : at + 1;
        return this.#probeLoading(
          lookup,
          { geometry, at: next, tried: tried + 1 },
        );
      });
    });
  }

  /** Finds a key by order: by the separators, then inside the block. */
  #search(lookup: Lookup): Awaitable<boolean> {
    const { key, keyOffset, keyLength, view } = lookup;
    return chain(this.#parts.index(), (index) => {
      const number = index.blockFor(key, keyOffset, keyLength);
      if (number === index.blocks) return false;
      return chain(this.#block(number), (payload) => {
        const block = new Block(payload);
        const offset = block.lowerBound(key, keyOffset, keyLength, view);
        if (offset === block.entriesEnd) return false;
        return matchAt(payload, offset, lookup) === FOUND;
      });
    });
  }

  #block(number: number): Awaitable<Uint8Array> {
    if (number >= this.properties.blocks) throw this.#danglingSlot();
    return this.#parts.block(number, true);
  }

  /** The answer where a slot led to the key without a visible version, or to no entry at all. */
  #notFound(match: Match): boolean {
    if (match === NO_ENTRY) throw this.#danglingSlot();
    return false;
  }

  #danglingSlot(): KvCorruptionError {
    return corruption(
      this.#name,
      this.#parts.hashOffset,
      "a slot of the hash index names no entry",
    );
  }
}

/** The arguments of a lookup, for one that has to wait. */
interface Lookup {
  readonly key: Uint8Array;
  readonly keyOffset: number;
  readonly keyLength: number;
  readonly maxSequence: number;
  readonly view: EntryView;
}

interface HashLookup extends Lookup {
  readonly hash: number;
}

/** Where a lookup is in the hash index. */
interface Position {
  readonly geometry: HashGeometry;
  readonly at: number;
  /** How many candidates were other keys. */
  readonly tried: number;
}

function matchAt(payload: Uint8Array, offset: number, lookup: Lookup): Match {
  const { key, keyOffset, keyLength, maxSequence, view } = lookup;
  return matchEntry(
    payload,
    0,
    payload.length,
    offset,
    key,
    keyOffset,
    keyLength,
    maxSequence,
    view,
  );
}
