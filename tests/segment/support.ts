import { assert } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { hashSpan } from "../../src/bytes/hash.ts";
import { KvError, KvIoError } from "../../src/errors.ts";
import type { Cursor } from "../../src/format/cursor.ts";
import { EntryView } from "../../src/format/entry.ts";
import { DELETE, type EntryKind, PUT } from "../../src/format/kind.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import {
  decodeFooter,
  type Footer,
  FOOTER_BYTES,
} from "../../src/segment/format.ts";
import { pageBytes } from "../../src/segment/hash_index.ts";
import { SegmentIndex } from "../../src/segment/index.ts";
import { decodeProperties } from "../../src/segment/properties.ts";
import { SegmentReader } from "../../src/segment/reader.ts";
import {
  openSection,
  SECTION_TRAILER_BYTES,
  sectionSeed,
} from "../../src/segment/section.ts";
import {
  SegmentWriter,
  type SegmentWriterOptions,
} from "../../src/segment/writer.ts";
import type { ReadableFile } from "../../src/storage/storage.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";

/** Sees every version. */
export const EVERYTHING = Number.MAX_SAFE_INTEGER;

export interface Row {
  readonly key: Uint8Array;
  readonly kind: EntryKind;
  readonly sequence: number;
  readonly value: Uint8Array;
}

export function put(
  key: Uint8Array | string,
  value: Uint8Array | string = "",
  sequence = 0,
): Row {
  return { key: bytes(key), kind: PUT, sequence, value: bytes(value) };
}

export function del(key: Uint8Array | string, sequence = 0): Row {
  return { key: bytes(key), kind: DELETE, sequence, value: new Uint8Array(0) };
}

export function bytes(text: Uint8Array | string): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

/** Mulberry32: the same numbers from the same seed. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

export const OPTIONS: SegmentWriterOptions = {
  salt: 0x1234abcd,
  blockSize: 256,
  compression: "none",
};

/** Puts a row into a view as a caller would: somewhere in the middle of larger buffers. */
export function fill(view: EntryView, row: Row): EntryView {
  const buffer = new Uint8Array(row.key.length + row.value.length + 3);
  buffer.set(row.key, 1);
  buffer.set(row.value, row.key.length + 2);
  view.keyBuffer = buffer;
  view.keyOffset = 1;
  view.keyLength = row.key.length;
  view.kind = row.kind;
  view.sequence = row.sequence;
  view.valueBuffer = buffer;
  view.valueOffset = row.key.length + 2;
  view.valueLength = row.value.length;
  return view;
}

/** Writes rows as a segment and answers the bytes of the file. */
export async function build(
  rows: readonly Row[],
  options: Partial<SegmentWriterOptions> = {},
): Promise<Uint8Array> {
  const storage = new MemoryStorage();
  const file = storage.create("built");
  const writer = new SegmentWriter(file, { ...OPTIONS, ...options });
  const view = new EntryView();
  for (const row of rows) await writer.add(fill(view, row));
  await writer.finish();
  await file.close();
  const readable = storage.open("built");
  const content = new Uint8Array(readable.size);
  await readable.readAt(content, 0);
  return content;
}

/** A file over bytes that counts its reads and can be told to fail. */
export class BytesFile implements ReadableFile {
  readonly size: number;
  readonly #bytes: Uint8Array;
  reads = 0;
  closed = false;
  /** How many reads are still answered. */
  readsLeft = Infinity;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  readAt(target: Uint8Array, position: number): void {
    assert(!this.closed, "read after close");
    this.reads++;
    if (this.readsLeft-- <= 0) {
      target.fill(0xff);
      throw new KvIoError("read", "test.seg", "other");
    }
    if (position + target.length > this.size) {
      throw new KvIoError("read", "test.seg", "other");
    }
    target.set(this.#bytes.subarray(position, position + target.length));
  }

  close(): void {
    this.closed = true;
  }
}

/** A file over bytes that answers with promises. */
export class SlowFile implements ReadableFile {
  readonly #file: BytesFile;
  readonly size: number;

  constructor(bytes: Uint8Array) {
    this.#file = new BytesFile(bytes);
    this.size = bytes.length;
  }

  async readAt(target: Uint8Array, position: number): Promise<void> {
    await Promise.resolve();
    this.#file.readAt(target, position);
  }

  async close(): Promise<void> {
    await Promise.resolve();
    this.#file.close();
  }
}

export async function openBytes(
  content: Uint8Array | ReadableFile,
  cache: BlockCache = new BlockCache(1 << 24),
): Promise<SegmentReader> {
  const file = content instanceof Uint8Array ? new BytesFile(content) : content;
  return await SegmentReader.open(file, { name: "test.seg", cache });
}

/** The entry of a view as a row of its own, after a look at its spans. */
export function rowOf(view: EntryView): Row {
  const keyEnd = view.keyOffset + view.keyLength;
  const valueEnd = view.valueOffset + view.valueLength;
  assert(view.keyOffset >= 0 && keyEnd <= view.keyBuffer.length);
  assert(view.valueOffset >= 0 && valueEnd <= view.valueBuffer.length);
  assert(view.kind === PUT || view.kind === DELETE);
  return {
    key: view.keyBuffer.slice(view.keyOffset, keyEnd),
    kind: view.kind,
    sequence: view.sequence,
    value: view.valueBuffer.slice(view.valueOffset, valueEnd),
  };
}

/** A row as text, for comparisons and messages. */
export function show(row: Row | undefined): string {
  if (row === undefined) return "nothing";
  return `${brief(row.key)} ${row.kind}@${row.sequence} = ${brief(row.value)}`;
}

function brief(content: Uint8Array): string {
  return content.length > 64
    ? `${content.length} bytes, crc ${crc32(content)}`
    : hex(content);
}

export function hex(content: Uint8Array): string {
  let text = "";
  for (const byte of content) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Looks a key up, with a view, and answers what was found. */
export async function lookUp(
  reader: SegmentReader,
  key: Uint8Array,
  maxSequence = EVERYTHING,
  view = new EntryView(),
): Promise<Row | undefined> {
  const buffer = new Uint8Array(key.length + 2);
  buffer.set(key, 1);
  const hash = hashSpan(key, 0, key.length);
  const found = await reader.find(
    buffer,
    1,
    key.length,
    hash,
    maxSequence,
    view,
  );
  return found ? rowOf(view) : undefined;
}

/** All that a cursor yields from where `start` puts it on. */
export async function collect(
  cursor: Cursor,
  start: (cursor: Cursor) => boolean | Promise<boolean>,
  direction: "next" | "prev" = "next",
): Promise<Row[]> {
  const rows: Row[] = [];
  let more = await start(cursor);
  while (more) {
    rows.push(rowOf(cursor.entry));
    more = await cursor[direction]();
  }
  return rows;
}

/** The model: of each key the newest row that is visible. */
export function visibleRows(
  rows: readonly Row[],
  maxSequence: number,
): Row[] {
  const visible: Row[] = [];
  for (const row of rows) {
    const last = visible.at(-1);
    if (row.sequence > maxSequence) continue;
    if (last !== undefined && compareBytes(last.key, row.key) === 0) continue;
    visible.push(row);
  }
  return visible;
}

/**
 * Rows with nasty keys, in order: shared prefixes, zeros and 0xff, prefixes of one another, and
 * several versions if wanted.
 */
export function randomRows(
  random: (below: number) => number,
  { keys, versions }: { readonly keys: number; readonly versions: number },
): Row[] {
  const distinct = new Map<string, Uint8Array>();
  while (distinct.size < keys) {
    const key = randomKey(random);
    distinct.set(hex(key), key);
  }
  const rows: Row[] = [];
  for (const key of [...distinct.values()].sort(compareBytes)) {
    let sequence = versions === 1 ? 0 : random(60);
    for (let i = random(versions); i >= 0; i--) {
      const value = new Uint8Array(random(40)).fill(random(256));
      rows.push(
        random(4) === 0 ? del(key, sequence) : put(key, value, sequence),
      );
      if (sequence === 0) break;
      sequence = random(sequence);
    }
  }
  return rows;
}

/**
 * A key out of few different bytes, so that keys share prefixes and are prefixes of one another.
 */
export function randomKey(random: (below: number) => number): Uint8Array {
  const alphabet = [0x00, 0x01, 0x61, 0x62, 0xfe, 0xff];
  const key = new Uint8Array(random(12));
  for (let i = 0; i < key.length; i++) key[i] = alphabet[random(6)]!;
  return key;
}

/** Where the sections of a segment lie, and its footer. */
export function layout(content: Uint8Array): {
  readonly sections: { readonly start: number; readonly end: number }[];
  readonly blocks: number;
  readonly footer: Footer;
} {
  const name = "test.seg";
  const footerStart = content.length - FOOTER_BYTES;
  const footer = decodeFooter(content.subarray(footerStart), name, footerStart);
  const { salt, hashOffset, indexOffset, propertiesOffset } = footer;
  const properties = decodeProperties(
    openSection(content.subarray(propertiesOffset, footerStart), {
      name,
      salt,
      offset: propertiesOffset,
    }),
    { name, offset: propertiesOffset, dataBytes: hashOffset },
  );
  const index = new SegmentIndex(
    openSection(content.subarray(indexOffset, propertiesOffset), {
      name,
      salt,
      offset: indexOffset,
    }),
    {
      name,
      offset: indexOffset,
      blocks: properties.blocks,
      dataEnd: hashOffset,
      largestKey: properties.largestKey,
    },
  );
  const sections = [];
  for (let i = 0; i < index.blocks; i++) {
    sections.push({ start: index.blockStart(i), end: index.blockEnd(i) });
  }
  const page = pageBytes(footer.hashSlots) + SECTION_TRAILER_BYTES;
  for (let i = 0; i < footer.hashPages; i++) {
    const start = hashOffset + i * page;
    sections.push({ start, end: start + page });
  }
  sections.push({ start: indexOffset, end: propertiesOffset });
  sections.push({ start: propertiesOffset, end: footerStart });
  return { sections, blocks: index.blocks, footer };
}

/** Makes the checksum of a changed section right again. */
export function reseal(
  content: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  salt: number,
): void {
  const covered = content.subarray(start, end - 4);
  writeUint32(content, end - 4, crc32(covered, sectionSeed(salt, start)));
}

/**
 * Runs `fn` and answers the error of this engine that it throws, if any; every other error passes
 * through.
 */
export async function kvErrorOf(
  fn: () => Promise<void>,
): Promise<KvError | undefined> {
  try {
    await fn();
  } catch (error) {
    if (error instanceof KvError) return error;
    throw error;
  }
  return undefined;
}
