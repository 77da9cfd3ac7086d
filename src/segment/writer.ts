import { hashSpan } from "../bytes/hash.ts";
import { releaseMemory } from "../bytes/release.ts";
import { invalidArgument } from "../errors.ts";
import type { EntryView } from "../format/entry.ts";
import { DELETE } from "../format/kind.ts";
import type { Compression } from "../options.ts";
import { type Awaitable, chain, isPending } from "../storage/awaitable.ts";
import type { WritableFile } from "../storage/storage.ts";
import { BlockBuilder, NEW_KEY, type Relation } from "./block_builder.ts";
import { encodeFooter, FOOTER_BYTES } from "./format.ts";
import { encodePage, type HashIndex, HashIndexBuilder } from "./hash_index.ts";
import { IndexBuilder, separatorBetween } from "./index.ts";
import { encodeProperties, type SegmentProperties } from "./properties.ts";
import type { RecordBlock } from "./record_blocks.ts";
import { SectionWriter } from "./section_writer.ts";

/** How a segment is written. */
export interface SegmentWriterOptions {
  /** Random number of 32 bits that ties the checksums to this segment. */
  readonly salt: number;
  /** Size at which a data block is closed, before compression, in bytes. */
  readonly blockSize: number;
  /** How data blocks and the index are compressed. */
  readonly compression: Compression;
  /** Told of the payload of each data block, which holds until it answers. */
  readonly onBlock?: ((payload: Uint8Array) => void) | undefined;
}

/** Bytes that the hash index takes for each key, nearly. */
const HASH_BYTES_PER_KEY = 6;

/**
 * Writes a segment: `add` for each entry in order, then `finish` and `sync`. The file is the
 * caller's to close, and to remove if the segment was not finished. Wait for each answer before the
 * next call; after a failure only removing the file is left.
 */
export class SegmentWriter {
  readonly #sections: SectionWriter;
  readonly #options: SegmentWriterOptions;
  readonly #block: BlockBuilder;
  readonly #index = new IndexBuilder();
  readonly #hashes = new HashIndexBuilder();
  #finished = false;

  #entries = 0;
  #keys = 0;
  #tombstones = 0;
  #minSequence = Infinity;
  #maxSequence = 0;
  #keyBytes = 0;
  #valueBytes = 0;
  #smallestKey = new Uint8Array(0);
  /** The last key of whole blocks that were added. */
  #lastKey = new Uint8Array(0);

  constructor(file: WritableFile, options: SegmentWriterOptions) {
    this.#options = options;
    this.#sections = new SectionWriter(file, options.salt);
    this.#block = new BlockBuilder(options.blockSize);
  }

  /**
   * Size that the segment would have if it was finished now, nearly, in bytes; its exact size after
   * `finish`.
   */
  get sizeBytes(): number {
    if (this.#finished) return this.#sections.offset;
    return this.#sections.offset + this.#block.sizeBytes +
      this.#index.sizeBytes + this.#keys * HASH_BYTES_PER_KEY + FOOTER_BYTES;
  }

  /**
   * Adds an entry; its spans must not change until the answer. Keys ascend, versions of one key
   * descend in sequence number; `KV_INVALID_ARGUMENT` otherwise.
   */
  add(entry: EntryView): Awaitable<void> {
    this.#assertWritable();
    const relation = this.#block.relate(entry);
    if (relation === NEW_KEY && this.#block.isFull) {
      const { keyBuffer, keyOffset, keyLength } = entry;
      const key = keyBuffer.subarray(keyOffset, keyOffset + keyLength);
      const closing = this.#closeBlock(key);
      if (isPending(closing)) {
        return closing.then(() => this.#insert(entry, relation));
      }
    }
    this.#insert(entry, relation);
  }

  /**
   * Adds a whole block of entries with the sequence number 0. A segment is made of such blocks or
   * of entries.
   */
  addBlock(block: RecordBlock): Awaitable<void> {
    this.#assertWritable();
    const { offsets, hashes, lastKey, nextKey } = block;
    if (this.#keys === 0) this.#smallestKey = block.firstKey.slice();
    if (nextKey === undefined) this.#lastKey = lastKey.slice();
    this.#hashes.addKeys(hashes);
    this.#keys += hashes.length;
    this.#entries += hashes.length;
    this.#tombstones += block.tombstones;
    this.#keyBytes += block.keyBytes;
    this.#valueBytes += block.valueBytes;
    this.#minSequence = 0;
    return this.#writeBlock(block.payload, offsets, lastKey, nextKey);
  }

  /**
   * Writes what is left and answers what the segment holds. A segment holds at least one entry:
   * `KV_INVALID_ARGUMENT` otherwise.
   */
  async finish(): Promise<SegmentProperties> {
    this.#assertWritable();
    if (this.#entries === 0) {
      throw invalidArgument("Cannot finish segment: it has no entries");
    }
    this.#finished = true;
    const hasBlock = !this.#block.isEmpty;
    const largestKey = hasBlock ? this.#block.lastKey().slice() : this.#lastKey;
    if (hasBlock) await this.#closeBlock(undefined);
    const properties = this.#properties(largestKey);
    await this.#writeRest(properties);
    return properties;
  }

  /** Makes the finished segment durable, but for its name. */
  sync(): Awaitable<void> {
    return this.#sections.sync();
  }

  #assertWritable(): void {
    this.#sections.assertReady();
    if (this.#finished) {
      throw invalidArgument("Cannot write segment: it is finished");
    }
  }

  #insert(entry: EntryView, relation: Relation): void {
    const { keyBuffer, keyOffset, keyLength, sequence } = entry;
    this.#block.add(entry, relation);
    if (relation === NEW_KEY) {
      if (this.#keys++ === 0) {
        this.#smallestKey = keyBuffer.slice(keyOffset, keyOffset + keyLength);
      }
      this.#hashes.addKey(hashSpan(keyBuffer, keyOffset, keyLength));
    }
    this.#entries++;
    this.#keyBytes += keyLength;
    if (entry.kind === DELETE) this.#tombstones++;
    else this.#valueBytes += entry.valueLength;
    if (sequence < this.#minSequence) this.#minSequence = sequence;
    if (sequence > this.#maxSequence) this.#maxSequence = sequence;
  }

  /** Writes the block; `nextKey` begins the next one, if there is one. */
  #closeBlock(nextKey: Uint8Array | undefined): Awaitable<void> {
    const { payload, offsets } = this.#block.finish();
    return this.#writeBlock(payload, offsets, this.#block.lastKey(), nextKey);
  }

  #writeBlock(
    payload: Uint8Array,
    offsets: Uint32Array,
    lastKey: Uint8Array,
    nextKey: Uint8Array | undefined,
  ): Awaitable<void> {
    this.#hashes.closeBlock(offsets);
    const separator = nextKey === undefined
      ? lastKey
      : separatorBetween(lastKey, nextKey);
    this.#options.onBlock?.(payload);
    const start = this.#sections.offset;
    return chain(
      this.#sections.writeSection(payload, this.#options.compression),
      () => this.#index.add(this.#sections.offset - start, separator),
    );
  }

  #properties(largestKey: Uint8Array): SegmentProperties {
    return {
      entries: this.#entries,
      keys: this.#keys,
      tombstones: this.#tombstones,
      minSequence: this.#minSequence,
      maxSequence: this.#maxSequence,
      keyBytes: this.#keyBytes,
      valueBytes: this.#valueBytes,
      blocks: this.#index.blocks,
      offsetBits: this.#hashes.offsetBits,
      smallestKey: this.#smallestKey,
      largestKey,
    };
  }

  async #writeRest(properties: SegmentProperties): Promise<void> {
    const sections = this.#sections;
    const hash = this.#hashes.build();
    const hashOffset = sections.offset;
    this.#hashes.release();
    if (hash !== undefined) {
      await this.#writePages(hash);
      releaseMemory(hash.table);
    }
    const indexOffset = sections.offset;
    await sections.writeSection(
      this.#index.finish(),
      this.#options.compression,
    );
    const propertiesOffset = sections.offset;
    await sections.writeSection(encodeProperties(properties), "none");
    await sections.finish(encodeFooter({
      hashOffset,
      indexOffset,
      propertiesOffset,
      hashPages: hash?.geometry.pages ?? 0,
      hashSlots: hash?.geometry.slots ?? 0,
      salt: this.#options.salt,
    }));
  }

  async #writePages({ geometry, table }: HashIndex): Promise<void> {
    for (let page = 0; page < geometry.pages; page++) {
      const payload = encodePage(table, page, geometry.slots);
      await this.#sections.writeSection(payload, "none");
    }
  }
}
