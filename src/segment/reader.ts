import { corruption, type KvCorruptionError } from "../errors.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
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
import { SegmentCursor, type SegmentCursorOptions } from "./cursor.ts";
import {
  fingerprintOf,
  firstSlotOf,
  type HashGeometry,
  hashGeometry,
  pageOf,
  probe,
} from "./hash_index.ts";
import { readSegmentEnd } from "./open_segment.ts";
import type { SegmentProperties } from "./properties.ts";
import { SegmentParts } from "./segment_parts.ts";

/** How a segment is opened. */
export interface SegmentReaderOptions {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Where blocks, hash pages and the index are kept. */
  readonly cache: BlockCache;
}

/** After so many keys that only looked like the one sought, a lookup searches by order: keys may be made to have equal hashes. */
const MAX_CANDIDATES = 8;

/** Reads a segment. Any number of lookups and cursors may be under way at once. */
export class SegmentReader {
  /** What the segment holds as a whole. */
  readonly properties: SegmentProperties;
  readonly #name: string;
  readonly #cache: BlockCache;
  readonly #parts: SegmentParts;
  readonly #pages: readonly (Uint32Array | undefined)[];
  readonly #pageMarks: Uint8Array;
  readonly #blocks: readonly (Uint8Array | undefined)[];
  readonly #blockMarks: Uint8Array;

  // The geometry of the hash index, spread out; `#hashPages` is 0 if there is none.
  readonly #hashPages: number;
  readonly #entryBits: number;
  readonly #entryMask: number;
  readonly #pointerBits: number;
  readonly #fingerprintBits: number;

  private constructor(
    parts: SegmentParts,
    geometry: HashGeometry | undefined,
  ) {
    this.properties = parts.properties;
    this.#name = parts.name;
    this.#cache = parts.cache;
    this.#parts = parts;
    this.#pages = parts.pages.parts;
    this.#pageMarks = parts.pages.marks;
    this.#blocks = parts.blocks.parts;
    this.#blockMarks = parts.blocks.marks;
    this.#hashPages = geometry?.pages ?? 0;
    this.#entryBits = geometry?.entryBits ?? 0;
    this.#entryMask = (1 << this.#entryBits) - 1;
    this.#pointerBits = geometry?.pointerBits ?? 0;
    this.#fingerprintBits = geometry?.fingerprintBits ?? 0;
  }

  /** Opens the segment in `file`, which the reader closes when it is closed; if opening fails, that is left to the caller. */
  static open(
    file: ReadableFile,
    { name, cache }: SegmentReaderOptions,
  ): Awaitable<SegmentReader> {
    return chain(readSegmentEnd(file, name), ({ footer, properties }) => {
      const { hashPages, hashSlots } = footer;
      const { blocks, entryBits } = properties;
      const geometry = hashPages === 0
        ? undefined
        : hashGeometry(hashPages, hashSlots, entryBits, blocks);
      if (hashPages > 0 && geometry === undefined) {
        throw corruption(
          name,
          footer.propertiesOffset,
          "the hash index cannot be",
        );
      }
      const parts = new SegmentParts({ name, file, cache, footer, properties });
      return new SegmentReader(parts, geometry);
    });
  }

  /**
   * Finds the newest version of a key with a sequence number of at most `maxSequence`, fills `view` with it and answers
   * `true`; a tombstone counts as found. Otherwise what `view` holds means nothing. `hash` is `hashSpan` of the key, whose bytes
   * must not change until the answer.
   */
  find(
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
    hash: number,
    maxSequence: number,
    view: EntryView,
  ): Awaitable<boolean> {
    if (this.#hashPages === 0) {
      return this.#search({ key, keyOffset, keyLength, maxSequence, view });
    }
    const page = pageOf(hash, this.#hashPages);
    const slots = this.#pages[page];
    if (slots === undefined) {
      const lookup = { key, keyOffset, keyLength, maxSequence, view };
      return this.#findLoading(lookup, hash);
    }
    this.#cache.hits++;
    this.#pageMarks[page] = 1;
    const pointerBits = this.#pointerBits;
    const fingerprint = fingerprintOf(hash, this.#fingerprintBits);
    let at = firstSlotOf(hash, slots.length);
    for (let tried = 0; tried < MAX_CANDIDATES; tried++) {
      at = probe(slots, at, fingerprint, pointerBits);
      if (at < 0) return false;
      const pointer = slots[at]! ^ (fingerprint << pointerBits);
      const number = pointer >>> this.#entryBits;
      const block = this.#blocks[number];
      if (block === undefined) {
        const lookup = { key, keyOffset, keyLength, maxSequence, view };
        return this.#probeLoading(lookup, { slots, at, fingerprint, tried });
      }
      this.#cache.hits++;
      this.#blockMarks[number] = 1;
      const match = matchEntry(
        block,
        pointer & this.#entryMask,
        key,
        keyOffset,
        keyLength,
        maxSequence,
        view,
      );
      if (match === FOUND) return true;
      if (match !== OTHER_KEY) return this.#notFound(match);
      if (++at === slots.length) at = 0;
    }
    return this.#search({ key, keyOffset, keyLength, maxSequence, view });
  }

  /** A cursor over the entries of the segment. */
  cursor(options: SegmentCursorOptions): Cursor {
    return new SegmentCursor(this.#parts, options);
  }

  /** Takes what is cached out of the cache and closes the file. No lookup or cursor may be used afterwards. */
  close(): Awaitable<void> {
    return this.#parts.close();
  }

  /** `find` where the hash page is not in memory. */
  #findLoading(lookup: Lookup, hash: number): Awaitable<boolean> {
    const page = pageOf(hash, this.#hashPages);
    const fingerprint = fingerprintOf(hash, this.#fingerprintBits);
    return chain(this.#parts.loadPage(page), (slots) => {
      const at = firstSlotOf(hash, slots.length);
      return this.#probeLoading(lookup, { slots, at, fingerprint, tried: 0 });
    });
  }

  /** Goes on with a lookup in a page, and reads the blocks that are not in memory. */
  #probeLoading(lookup: Lookup, position: Position): Awaitable<boolean> {
    const { slots, fingerprint, tried } = position;
    const at = probe(slots, position.at, fingerprint, this.#pointerBits);
    if (at < 0) return false;
    if (tried === MAX_CANDIDATES) return this.#search(lookup);
    const pointer = slots[at]! ^ (fingerprint << this.#pointerBits);
    const entry = pointer & this.#entryMask;
    return chain(this.#block(pointer >>> this.#entryBits), (block) => {
      const match = matchIn(block, entry, lookup);
      if (match === FOUND) return true;
      if (match !== OTHER_KEY) return this.#notFound(match);
      const next = at + 1 === slots.length ? 0 : at + 1;
      return this.#probeLoading(
        lookup,
        { slots, at: next, fingerprint, tried: tried + 1 },
      );
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
        const entry = block.lowerBound(key, keyOffset, keyLength, view);
        return matchIn(payload, entry, lookup) === FOUND;
      });
    });
  }

  #block(number: number): Awaitable<Uint8Array> {
    if (number >= this.#blocks.length) throw this.#danglingSlot();
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

/** The arguments of a lookup that has to wait. */
interface Lookup {
  readonly key: Uint8Array;
  readonly keyOffset: number;
  readonly keyLength: number;
  readonly maxSequence: number;
  readonly view: EntryView;
}

/** Where a lookup is in its hash page. */
interface Position {
  readonly slots: Uint32Array;
  readonly at: number;
  readonly fingerprint: number;
  /** How many candidates were other keys. */
  readonly tried: number;
}

function matchIn(payload: Uint8Array, entry: number, lookup: Lookup): Match {
  const { key, keyOffset, keyLength, maxSequence, view } = lookup;
  return matchEntry(
    payload,
    entry,
    key,
    keyOffset,
    keyLength,
    maxSequence,
    view,
  );
}
