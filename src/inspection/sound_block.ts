import type { KvCorruptionError } from "../errors.ts";
import { corruption } from "../errors.ts";
import { checkBlock } from "../segment/block_check.ts";
import { keyAt } from "../segment/block_entries.ts";
import type { Footer } from "../segment/format.ts";
import type { SegmentIndex } from "../segment/index.ts";
import type { SegmentProperties } from "../segment/properties.ts";
import { openSection, type SectionPlace } from "../segment/section.ts";
import type { FileWindow } from "./file_window.ts";

/** A longer block is refused before there is memory for it. */
const MAX_SECTION_BYTES = 0x7fff_ffff;

/** A block whose bytes are those that were written. */
export interface SoundBlock {
  readonly isSound: true;
  /** Holds until the next call. */
  readonly payload: Uint8Array;
  /** Where its section begins and ends in the file. */
  readonly start: number;
  readonly end: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** Number of the block, or -1 where that is not known. */
  readonly number: number;
}

/** A stretch of the file that holds no readable block. */
export interface Gap {
  readonly isSound: false;
  readonly start: number;
  readonly end: number;
  readonly error: KvCorruptionError;
  /** Keys of the gap sort between these two, as far as that is known. */
  readonly from: Uint8Array | undefined;
  readonly to: Uint8Array | undefined;
}

/** What the end of a segment and its index say, as far as they are readable. */
export interface SegmentPlan {
  readonly footer: Footer | undefined;
  readonly properties: SegmentProperties | undefined;
  readonly index: SegmentIndex | undefined;
  /** What is wrong with the end, or with the index. */
  readonly endError: KvCorruptionError | undefined;
  readonly indexError: KvCorruptionError | undefined;
}

/**
 * Goes through the blocks of a segment and past what is damaged: by the index, or without one by
 * their checksums.
 */
export interface SegmentWalk {
  readonly plan: SegmentPlan;
  readonly window: FileWindow;
  next(): Promise<SoundBlock | Gap | undefined>;
  /** Goes back to the first block. */
  rewind(): void;
}

/** Reads and checks the block whose section lies between `place` and `end`. */
export async function readBlock(
  window: FileWindow,
  place: SectionPlace,
  { end, number }: { readonly end: number; readonly number: number },
): Promise<SoundBlock> {
  const { name, offset: start } = place;
  if (end - start > MAX_SECTION_BYTES) {
    throw corruption(name, start, "the block is too long");
  }
  const section = await window.span(start, end - start);
  const payload = openSection(section, place);
  const last = checkBlock(payload, name, start);
  return {
    isSound: true,
    payload,
    start,
    end,
    number,
    firstKey: keyAt(payload, 0),
    lastKey: keyAt(payload, last),
  };
}
