// Damage that checksums do not show: they are made to fit again.
import { crc32 } from "../../src/bytes/crc32.ts";
import { readUint32, writeUint32 } from "../../src/bytes/fixed.ts";
import { segmentName } from "../../src/format/file_names.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
} from "../../src/format/log_format.ts";
import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordValueLength,
} from "../../src/format/record.ts";
import {
  decodeManifest,
  encodeManifest,
  type ManifestState,
} from "../../src/manifest/manifest_codec.ts";
import { BlockEntries } from "../../src/segment/block_entries.ts";
import {
  decodeFooter,
  type Footer,
  FOOTER_BYTES,
} from "../../src/segment/format.ts";
import { SegmentIndex } from "../../src/segment/index.ts";
import {
  decodeProperties,
  encodeProperties,
  type SegmentProperties,
} from "../../src/segment/properties.ts";
import {
  openSection,
  SECTION_TRAILER_BYTES,
  sectionSeed,
} from "../../src/segment/section.ts";
import type { MemoryStorage } from "../../src/storage/memory.ts";
import { bytesOf, copyOf } from "./damaged_store.ts";

/** Where the parts of a segment lie. */
export interface SegmentLayout {
  readonly bytes: Uint8Array;
  readonly footer: Footer;
  readonly properties: SegmentProperties;
  /** Start of each block, and the end of the last one. */
  readonly blockStarts: readonly number[];
}

export function layoutOf(bytes: Uint8Array, name: string): SegmentLayout {
  const footerStart = bytes.length - FOOTER_BYTES;
  const footer = decodeFooter(bytes.subarray(footerStart), name, footerStart);
  const { salt, hashOffset, indexOffset, propertiesOffset } = footer;
  const section = (start: number, end: number) =>
    openSection(bytes.subarray(start, end), { name, salt, offset: start });
  const properties = decodeProperties(section(propertiesOffset, footerStart), {
    name,
    offset: propertiesOffset,
    dataBytes: hashOffset,
  });
  const index = new SegmentIndex(section(indexOffset, propertiesOffset), {
    name,
    offset: indexOffset,
    blocks: properties.blocks,
    dataEnd: hashOffset,
    largestKey: properties.largestKey,
  });
  const blockStarts = Array.from(
    { length: index.blocks },
    (_, i) => index.blockStart(i),
  );
  return {
    bytes,
    footer,
    properties,
    blockStarts: [...blockStarts, hashOffset],
  };
}

/** Lets the checksum of the section between `start` and `end` fit again. */
export function sealSection(
  { bytes, footer }: SegmentLayout,
  start: number,
  end: number,
): void {
  const covered = bytes.subarray(start, end - 4);
  const crc = crc32(covered, sectionSeed(footer.salt, start));
  writeUint32(bytes, end - 4, crc);
}

/** A copy of a store with another manifest. */
export function withManifest(
  storage: MemoryStorage,
  change: (state: ManifestState) => ManifestState,
): MemoryStorage {
  return copyOf(
    storage,
    (name, bytes) =>
      name === "MANIFEST"
        ? encodeManifest(change(decodeManifest(bytes)))
        : bytes,
  );
}

/** A copy of a store in which one segment says other things of itself. */
export function withProperties(
  storage: MemoryStorage,
  number: number,
  change: Partial<SegmentProperties>,
): MemoryStorage {
  return withSegment(storage, number, (layout) => {
    const { bytes, footer, properties } = layout;
    const payload = encodeProperties({ ...properties, ...change });
    const start = footer.propertiesOffset;
    const end = bytes.length - FOOTER_BYTES;
    if (payload.length !== end - start - SECTION_TRAILER_BYTES) {
      throw new Error("the new properties are of another length");
    }
    bytes.set(payload, start);
    sealSection(layout, start, end);
  });
}

/** A copy of a store in which a segment was changed. */
export function withSegment(
  storage: MemoryStorage,
  number: number,
  change: (layout: SegmentLayout) => void,
): MemoryStorage {
  return copyOf(storage, (name, bytes) => {
    if (name === segmentName(number)) change(layoutOf(bytes, name));
    return bytes;
  });
}

/** Numbers of the live segments, level by level. */
export function levelsOf(storage: MemoryStorage): number[][] {
  return decodeManifest(bytesOf(storage, "MANIFEST")).levels
    .map((segments) => segments.map(({ number }) => number));
}

/** The keys of a block. */
export function keysInBlock(
  { bytes, footer: { salt }, blockStarts }: SegmentLayout,
  block: number,
): string[] {
  const offset = blockStarts[block]!;
  const section = bytes.subarray(offset, blockStarts[block + 1]);
  const entries = new BlockEntries();
  entries.enter(openSection(section, { name: "", salt, offset }));
  const keys: string[] = [];
  while (entries.next()) {
    if (!entries.isNewest) continue;
    const { keyBuffer, keyLength } = entries.entry;
    keys.push(new TextDecoder().decode(keyBuffer.subarray(0, keyLength)));
  }
  return keys;
}

/** Where the frames of a log begin, and its end. */
export function frameStartsOf(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  let at = LOG_HEADER_BYTES;
  for (
    ;
    at < bytes.length;
    at += FRAME_HEADER_BYTES + readUint32(bytes, at + 4)
  ) {
    starts.push(at);
  }
  return [...starts, at];
}

/** The keys of a frame. */
export function keysInFrame(
  bytes: Uint8Array,
  start: number,
  end: number,
): string[] {
  const keys: string[] = [];
  let at = start + FRAME_HEADER_BYTES;
  while (at < end) {
    const keyStart = at + RECORD_HEADER_BYTES;
    const keyEnd = keyStart + recordKeyLength(bytes, at);
    keys.push(new TextDecoder().decode(bytes.subarray(keyStart, keyEnd)));
    at = keyEnd + recordValueLength(bytes, at);
  }
  return keys;
}
