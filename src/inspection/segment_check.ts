import { compareBytes } from "../bytes/compare.ts";
import { hashSpan } from "../bytes/hash.ts";
import { corruption } from "../errors.ts";
import { segmentName } from "../format/file_names.ts";
import { type SegmentInfo, tellsOf } from "../manifest/segment_info.ts";
import { BlockEntries } from "../segment/block_entries.ts";
import type { Footer } from "../segment/format.ts";
import type { HashGeometry } from "../segment/hash_index.ts";
import type { SegmentProperties } from "../segment/properties.ts";
import type { ReadableFile } from "../storage/storage.ts";
import type { Findings } from "./findings.ts";
import { HASH_MEMORY_BYTES, HashCheck } from "./hash_check.ts";
import { keyText } from "./key_text.ts";
import type { Progress } from "./progress.ts";
import type { KeyRange } from "./report.ts";
import { SegmentTally } from "./segment_tally.ts";
import { walkSegment } from "./segment_walk.ts";
import type { Gap, SegmentWalk, SoundBlock } from "./sound_block.ts";

/** What a segment is checked against and where that is reported. */
export interface SegmentCheckContext {
  readonly findings: Findings;
  readonly progress: Progress;
  /** What the manifest says of it, if that is known. */
  readonly info?: SegmentInfo | undefined;
  /** Memory for hash pages, in bytes. Default {@linkcode HASH_MEMORY_BYTES}. */
  readonly hashMemoryBytes?: number;
}

const UNREADABLE =
  "no engine opens the store; a repair saves the entries of all blocks that are whole";
const LOOKUPS =
  "lookups of some keys fail or miss them, scans find them; nothing is lost, a repair rebuilds it";

/** The range of keys between two, where both are known. */
export function rangeOf(
  from: Uint8Array | undefined,
  to: Uint8Array | undefined,
): KeyRange | undefined {
  return from && to && { from: keyText(from), to: keyText(to) };
}

/** Checks everything in the segment with this number. */
export async function checkSegment(
  file: ReadableFile,
  number: number,
  context: SegmentCheckContext,
): Promise<void> {
  const walk = await walkSegment(file, segmentName(number), context.progress);
  await new SegmentCheck(walk, context).check(file.size);
}

class SegmentCheck {
  readonly #walk: SegmentWalk;
  readonly #context: SegmentCheckContext;
  readonly #findings: Findings;
  readonly #name: string;
  readonly #tally = new SegmentTally();
  readonly #entries = new BlockEntries();
  #hashes: HashCheck | undefined;
  #usedSlots = 0;
  #hasBadPages = false;
  #gaps = 0;
  #smallestKey: Uint8Array | undefined;
  #largestKey: Uint8Array | undefined;
  #unfound = 0;
  #firstUnfound: Uint8Array | undefined;

  constructor(walk: SegmentWalk, context: SegmentCheckContext) {
    this.#walk = walk;
    this.#context = context;
    this.#findings = context.findings;
    this.#name = walk.window.name;
  }

  async check(size: number): Promise<void> {
    this.#checkPlan(size);
    const { footer, properties, index } = this.#walk.plan;
    const geometry = footer && properties && index &&
      HashCheck.geometryOf(footer, properties);
    if (geometry !== undefined) await this.#loadPages(footer!, geometry, 0);
    await this.#checkBlocks();
    if (geometry !== undefined) await this.#checkRest(footer!, geometry);
    if (properties !== undefined && this.#gaps === 0) {
      this.#checkProperties(properties);
      if (geometry !== undefined) this.#reportHashes();
    }
    await this.#walk.window.finish();
  }

  /** What can be said before the blocks are read. */
  #checkPlan(size: number): void {
    const { info } = this.#context;
    const { endError, indexError, properties, footer } = this.#walk.plan;
    const keys = rangeOf(info?.smallestKey, info?.largestKey);
    if (info !== undefined && info.sizeBytes !== size) {
      const problem =
        `the file is ${size} bytes long, the manifest says ${info.sizeBytes}`;
      const offset = Math.min(size, info.sizeBytes);
      this.#mismatch(offset, problem, keys);
    }
    if (endError !== undefined) {
      const finding = { code: "segment-end", consequence: UNREADABLE } as const;
      this.#findings.corruption(endError, { ...finding, keys });
    }
    if (indexError !== undefined) {
      this.#findings.corruption(indexError, {
        code: "segment-index",
        consequence:
          "scans fail, and lookups of many keys; a repair saves the entries of all blocks that are whole",
        keys,
      });
    }
    if (properties === undefined) return;
    if (
      info !== undefined && !tellsOf(info, { properties, footer: footer! })
    ) {
      const problem = "the segment is not the one the manifest names";
      this.#mismatch(0, problem, keys);
    }
    if (
      footer!.hashPages > 0 &&
      HashCheck.geometryOf(footer!, properties) === undefined
    ) {
      const { propertiesOffset } = footer!;
      const problem = "the hash index has an impossible layout";
      this.#findings.corruption(
        corruption(this.#name, propertiesOffset, problem),
        { code: "segment-hash", consequence: UNREADABLE, keys },
      );
    }
  }

  #mismatch(offset: number, problem: string, keys?: KeyRange): void {
    this.#findings.corruption(corruption(this.#name, offset, problem), {
      code: "segment-mismatch",
      consequence: UNREADABLE,
      keys,
    });
  }

  async #checkBlocks(): Promise<void> {
    for (;;) {
      const part = await this.#walk.next();
      if (part === undefined) return;
      if (part.isSound) this.#checkBlock(part);
      else this.#reportGap(part);
    }
  }

  #reportGap({ start, end, error, from, to }: Gap): void {
    this.#gaps++;
    const { properties } = this.#walk.plan;
    const known = properties ?? this.#context.info;
    // Without the end of the file nothing tells blocks from what follows them: only the count of
    // entries does.
    const isComplete = this.#walk.plan.footer === undefined &&
      known !== undefined && this.#tally.entries === known.entries;
    if (isComplete) return;
    this.#findings.corruption(error, {
      code: "segment-block",
      consequence:
        `the entries in bytes ${start} to ${end} cannot be read: their keys are lost, or older values and deleted keys come back`,
      keys: rangeOf(from, to ?? known?.largestKey),
    });
  }

  #checkBlock({ payload, number, firstKey, lastKey }: SoundBlock): void {
    this.#findings.blocks++;
    this.#smallestKey ??= firstKey;
    this.#largestKey = lastKey;
    const entries = this.#entries;
    entries.enter(payload);
    while (entries.next()) {
      this.#tally.add(entries);
      this.#findings.entries++;
      if (entries.isNewest) this.#lookUp(entries, number);
    }
  }

  #lookUp({ entry, offset }: BlockEntries, number: number): void {
    if (this.#hashes === undefined) return;
    const { keyBuffer, keyLength } = entry;
    const hash = hashSpan(keyBuffer, 0, keyLength);
    if (this.#hashes.leadsTo(hash, number, offset)) return;
    this.#unfound++;
    this.#firstUnfound ??= keyBuffer.slice(0, keyLength);
  }

  async #loadPages(
    footer: Footer,
    geometry: HashGeometry,
    first: number,
  ): Promise<void> {
    const { hashMemoryBytes: memoryBytes = HASH_MEMORY_BYTES } = this.#context;
    const part = { geometry, first, memoryBytes };
    const pages = await HashCheck.load(this.#walk.window, footer, part);
    for (const error of pages.errors) {
      this.#hasBadPages = true;
      const finding = { code: "segment-hash", consequence: LOOKUPS } as const;
      this.#findings.corruption(error, finding);
    }
    this.#usedSlots += pages.used;
    this.#hashes = pages;
  }

  /** Looks up all keys again for each run of pages that there was no memory for at first. */
  async #checkRest(footer: Footer, geometry: HashGeometry): Promise<void> {
    const entries = this.#entries;
    while (this.#hashes!.end < geometry.pages) {
      await this.#loadPages(footer, geometry, this.#hashes!.end);
      const walk = this.#walk;
      walk.rewind();
      for (let part = await walk.next(); part; part = await walk.next()) {
        if (!part.isSound) continue;
        entries.enter(part.payload);
        while (entries.next()) {
          if (entries.isNewest) this.#lookUp(entries, part.number);
        }
      }
    }
  }

  #reportHashes(): void {
    const { keys } = this.#tally;
    const offset = this.#walk.plan.footer!.hashOffset;
    if (this.#unfound > 0) {
      this.#findings.damage(this.#name, {
        code: "segment-hash",
        offset,
        message:
          `The hash index does not lead to ${this.#unfound} of the keys, the first of which is ${
            keyText(this.#firstUnfound!)
          }`,
        consequence: LOOKUPS,
      });
    } else if (!this.#hasBadPages && this.#usedSlots !== keys) {
      this.#findings.damage(this.#name, {
        code: "segment-hash",
        offset,
        message:
          `The hash index has ${this.#usedSlots} slots in use for ${keys} keys`,
        consequence: LOOKUPS,
      });
    }
  }

  #checkProperties(properties: SegmentProperties): void {
    const differences = this.#tally.differences(properties);
    if (compareBytes(properties.smallestKey, this.#smallestKey!) !== 0) {
      differences.push(`smallest key ${keyText(properties.smallestKey)}`);
    }
    if (compareBytes(properties.largestKey, this.#largestKey!) !== 0) {
      differences.push(`largest key ${keyText(properties.largestKey)}`);
    }
    const { info } = this.#context;
    const olderVersions = properties.entries - properties.keys;
    const { footer } = this.#walk.plan;
    if (
      info !== undefined && tellsOf(info, { properties, footer: footer! }) &&
      info.olderVersions !== olderVersions
    ) {
      differences.push(
        `older versions ${olderVersions}, of which the manifest has ${info.olderVersions}`,
      );
    }
    if (differences.length === 0) return;
    this.#findings.damage(this.#name, {
      code: "segment-contents",
      offset: footer!.propertiesOffset,
      message: `The properties do not agree with the entries: ${
        differences.join(", ")
      }`,
      consequence:
        "keys may be looked for in the wrong file, or be hidden from scans; a repair makes the entries readable again",
    });
  }
}
