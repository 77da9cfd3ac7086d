import { corruption } from "../errors.ts";
import { EntryView } from "../format/entry.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";
import { Block } from "./block.ts";
import type { BlockCache } from "./block_cache.ts";
import { checkBlock } from "./block_check.ts";
import { BlockShelf, PartShelf, USED } from "./cache_shelf.ts";
import { grown } from "./copy_span.ts";
import type { Footer } from "./format.ts";
import { pageBytes } from "./hash_index.ts";
import { SegmentIndex } from "./index.ts";
import type { SegmentProperties } from "./properties.ts";
import { openSection, SECTION_TRAILER_BYTES } from "./section.ts";

/** What the parts of a segment are made of. */
export interface SegmentSource {
  /** Name of the file, for messages. */
  readonly name: string;
  readonly file: ReadableFile;
  readonly cache: BlockCache;
  readonly footer: Footer;
  readonly properties: SegmentProperties;
  /** Blocks that are in the cache already. */
  readonly blocks?: BlockShelf | undefined;
}

/**
 * The parts of one segment that are in memory, and how the others get there: read, checked once,
 * and offered to the cache. A lookup takes parts out of the arrays by itself, without a call.
 */
export class SegmentParts {
  /** Payloads of data blocks, checked. */
  readonly blocks: BlockShelf;
  /** Payloads of hash pages. */
  readonly pages: PartShelf<Uint8Array>;
  readonly #index = new PartShelf<SegmentIndex>(1);
  readonly #source: SegmentSource;
  /** For comparisons while a block is checked. */
  #scratchKey: Uint8Array = new Uint8Array(64);
  #closed = false;

  constructor(source: SegmentSource) {
    this.#source = source;
    this.blocks = source.blocks ?? new BlockShelf(0);
    this.blocks.extendTo(source.properties.blocks);
    this.pages = new PartShelf(source.footer.hashPages);
  }

  get name(): string {
    return this.#source.name;
  }

  get footer(): Footer {
    return this.#source.footer;
  }

  /** Where the data ends and the hash index begins in the file. */
  get hashOffset(): number {
    return this.#source.footer.hashOffset;
  }

  get file(): ReadableFile {
    return this.#source.file;
  }

  get cache(): BlockCache {
    return this.#source.cache;
  }

  get properties(): SegmentProperties {
    return this.#source.properties;
  }

  /** The index if it is in memory. */
  cachedIndex(): SegmentIndex | undefined {
    const index = this.#index.parts[0];
    if (index !== undefined) this.#index.marks[0] = USED;
    return index;
  }

  /** The index, from memory or from storage. */
  index(): Awaitable<SegmentIndex> {
    const cached = this.cachedIndex();
    if (cached !== undefined) return cached;
    const { name, footer, properties } = this.#source;
    const offset = footer.indexOffset;
    const section = new Uint8Array(footer.propertiesOffset - offset);
    return chain(
      this.#readSection(section, offset),
      (payload) => {
        const index = new SegmentIndex(payload, {
          name,
          offset,
          blocks: properties.blocks,
          dataEnd: footer.hashOffset,
          largestKey: properties.largestKey,
        });
        return this.#admit(this.#index, 0, index, { bytes: index.sizeBytes });
      },
    );
  }

  /** A hash page, from memory or from storage. It holds until another part is asked for. */
  page(number: number): Awaitable<Uint8Array> {
    const { name, cache, footer } = this.#source;
    const cached = this.pages.parts[number];
    if (cached !== undefined) return cached;
    cache.misses++;
    const bytes = pageBytes(footer.hashSlots) + SECTION_TRAILER_BYTES;
    const start = footer.hashOffset + number * bytes;
    const section = cache.takeBuffer(bytes);
    return chain(this.#readSection(section, start), (payload) => {
      if (payload.length !== pageBytes(footer.hashSlots)) {
        throw corruption(name, start, "the hash page has the wrong length");
      }
      return this.#admit(this.pages, number, payload, {
        bytes: payload.length,
        buffer: bufferBehind(payload, section),
      });
    });
  }

  /** The payload of a data block if it is in memory. */
  cachedBlock(number: number): Uint8Array | undefined {
    const payload = this.#blockInMemory(number);
    if (payload === undefined) return undefined;
    this.#source.cache.hits++;
    this.blocks.marks[number]! |= USED;
    return payload;
  }

  #blockInMemory(number: number): Uint8Array | undefined {
    const { places } = this.blocks;
    const place = places[2 * number];
    if (place === undefined || place === 0) return undefined;
    return this.#source.cache.slabs.view(place, places[2 * number + 1]!);
  }

  /**
   * The payload of a data block, from memory or from storage. Without `fillCache` it is not put
   * into the cache.
   */
  block(number: number, fillCache: boolean): Awaitable<Uint8Array> {
    const cached = this.cachedBlock(number);
    if (cached !== undefined) return cached;
    this.#source.cache.misses++;
    return chain(this.index(), (index) => {
      const bytes = index.blockEnd(number) - index.blockStart(number);
      const section = fillCache
        ? this.#source.cache.takeBuffer(bytes)
        : new Uint8Array(bytes);
      return chain(
        this.#source.file.readAt(section, index.blockStart(number)),
        () => this.openBlock(number, { section, index, fillCache }),
      );
    });
  }

  /**
   * Checks a data block that was read. If it is to be cached, `section` is what the cache gave for
   * it, and nobody else's.
   */
  openBlock(
    number: number,
    { section, index, fillCache }: {
      readonly section: Uint8Array<ArrayBuffer>;
      readonly index: SegmentIndex;
      readonly fillCache: boolean;
    },
  ): Uint8Array {
    const offset = index.blockStart(number);
    const { name, footer } = this.#source;
    const payload = openSection(section, { name, salt: footer.salt, offset });
    const lastKey = checkBlock(payload, name, offset);
    this.#checkPlace(number, { payload, lastKey, index });
    return fillCache ? this.#admitBlock(number, payload, section) : payload;
  }

  /**
   * Offers a block to the cache, and answers it as it is kept. If another read of it came first,
   * that one stays.
   */
  #admitBlock(
    number: number,
    payload: Uint8Array,
    section: Uint8Array<ArrayBuffer>,
  ): Uint8Array {
    const { cache } = this.#source;
    if (this.#closed) return payload;
    const earlier = this.#blockInMemory(number);
    const kept = earlier ?? cache.admitBlock(this.blocks, number, payload);
    if (kept === undefined) return payload;
    if (earlier === undefined) {
      this.blocks.noteAscii(number, new Block(kept).findAsciiParts());
    }
    if (kept.buffer !== section.buffer) cache.giveBuffer(section);
    return kept;
  }

  /** Takes all parts out of the cache and lets go of the file. */
  close(): Awaitable<void> {
    this.#closed = true;
    for (const shelf of [this.blocks, this.pages, this.#index]) {
      this.#source.cache.clear(shelf);
    }
    return this.#source.file.close();
  }

  #readSection(section: Uint8Array, offset: number): Awaitable<Uint8Array> {
    const { name, file, footer } = this.#source;
    return chain(
      file.readAt(section, offset),
      () => openSection(section, { name, salt: footer.salt, offset }),
    );
  }

  /**
   * Offers a part to the cache. If another read of the same part came first, that one stays and is
   * the answer.
   */
  #admit<T>(
    shelf: PartShelf<T>,
    number: number,
    part: T,
    memory: { bytes: number; buffer?: Uint8Array<ArrayBuffer> | undefined },
  ): T {
    const earlier = shelf.parts[number];
    if (earlier !== undefined) return earlier;
    if (!this.#closed) {
      this.#source.cache.admit(shelf, number, { part, ...memory });
    }
    return part;
  }

  /** Holds the order of blocks: a block lies between the separators before and behind it. */
  #checkPlace(
    number: number,
    { payload, lastKey, index }: {
      readonly payload: Uint8Array;
      readonly lastKey: number;
      readonly index: SegmentIndex;
    },
  ): void {
    const block = new Block(payload);
    let isBetween = this.#compareSeparator(index, number, block, lastKey) >= 0;
    if (isBetween && number > 0) {
      isBetween = this.#compareSeparator(index, number - 1, block, 0) < 0;
    }
    if (isBetween) return;
    throw corruption(
      this.name,
      index.blockStart(number),
      "the block does not lie between its separators",
    );
  }

  /**
   * Orders the separator behind block number `number` and the key of the entry at `offset` of
   * `block`.
   */
  #compareSeparator(
    index: SegmentIndex,
    number: number,
    block: Block,
    offset: number,
  ): number {
    // A view of the segment's own would keep the last window that was read ahead: 256 KiB a
    // segment, and no cache counts them.
    const entry = new EntryView();
    block.readEntry(offset, entry);
    const length = block.prefixLength + entry.keyLength;
    this.#scratchKey = grown(this.#scratchKey, 0, length);
    block.copyPrefix(this.#scratchKey);
    block.copySuffix(this.#scratchKey, entry);
    return index.compareSeparator(number, this.#scratchKey, 0, length);
  }
}

/**
 * The buffer that the cache may have back when it evicts `payload`, which was made of `section`.
 */
function bufferBehind(
  payload: Uint8Array,
  section: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  return payload.buffer === section.buffer ? section : undefined;
}
