import { corruption, KvCorruptionError } from "../errors.ts";
import { MAX_SEGMENT_BYTES } from "../segment/format.ts";
import type { FileWindow } from "./file_window.ts";
import { type FoundSection, SectionSearch } from "./section_search.ts";
import {
  type Gap,
  readBlock,
  type SegmentPlan,
  type SegmentWalk,
  type SoundBlock,
} from "./sound_block.ts";

/** Goes through the blocks of a segment without an index, by their checksums alone. */
export class SearchWalk implements SegmentWalk {
  readonly plan: SegmentPlan;
  readonly window: FileWindow;
  readonly #salt: number | undefined;
  readonly #search: SectionSearch;
  /** Where the blocks end, or the file, if that is not known. */
  readonly #end: number;
  /** Everything before was answered. */
  #at = 0;
  #lastKey: Uint8Array | undefined;
  #isFinished = false;
  /** The block behind a gap, which is answered first. */
  #behindGap: SoundBlock | undefined;

  /** @param salt Salt of the segment, if it could be found. */
  constructor(
    window: FileWindow,
    plan: SegmentPlan,
    salt: number | undefined,
  ) {
    this.window = window;
    this.plan = plan;
    this.#salt = salt;
    this.#end = plan.footer?.hashOffset ??
      Math.min(window.size, MAX_SEGMENT_BYTES);
    this.#search = new SectionSearch(window, salt ?? 0, this.#end);
  }

  async next(): Promise<SoundBlock | Gap | undefined> {
    const waiting = this.#behindGap;
    this.#behindGap = undefined;
    if (waiting !== undefined) return this.#pass(waiting);
    const start = this.#at;
    /** Where the first section begins that is no block. */
    let other: number | undefined;
    for (let from = start; from < this.#end;) {
      const found = await this.#find(from);
      if (found === undefined) break;
      const block = await this.#read(found);
      if (block !== undefined) return this.#reach(start, block);
      other ??= found.start;
      from = found.end;
    }
    return this.#finish(start, other);
  }

  async #find(from: number): Promise<FoundSection | undefined> {
    if (this.#salt === undefined) return undefined;
    return await this.#search.next(from);
  }

  /** Answers with a block, or first with the gap before it. */
  #reach(start: number, block: SoundBlock): SoundBlock | Gap {
    this.#at = block.end;
    if (block.start === start) return this.#pass(block);
    this.#behindGap = block;
    const problem = "no block can be recognized up to the next one";
    const gap = this.#gap(start, block.start, problem);
    return { ...gap, to: block.firstKey };
  }

  /**
   * Says what is left behind the last block. Where nothing tells how far the blocks reach, sections
   * that are none of them show where they end; where there is no such section, the file was cut off
   * before.
   */
  #finish(start: number, other: number | undefined): Gap | undefined {
    if (this.#isFinished) return undefined;
    this.#isFinished = true;
    this.#at = this.#end;
    const isEndKnown = this.plan.footer !== undefined;
    const end = isEndKnown ? this.#end : other ?? this.#end;
    if (start === end && (isEndKnown || other !== undefined)) return undefined;
    return this.#gap(start, end, "no block can be recognized from here on");
  }

  rewind(): void {
    this.#at = 0;
    this.#lastKey = undefined;
    this.#behindGap = undefined;
    this.#isFinished = false;
  }

  async #read({ start, end }: FoundSection): Promise<SoundBlock | undefined> {
    const { name } = this.window;
    const place = { name, salt: this.#salt!, offset: start };
    try {
      return await readBlock(this.window, place, { end, number: -1 });
    } catch (error) {
      if (error instanceof KvCorruptionError) return undefined;
      throw error;
    }
  }

  #pass(block: SoundBlock): SoundBlock {
    this.#lastKey = block.lastKey;
    return block;
  }

  #gap(start: number, end: number, problem: string): Gap {
    const { smallestKey, largestKey } = this.plan.properties ?? {};
    return {
      isSound: false,
      start,
      end,
      error: corruption(this.window.name, start, problem),
      from: this.#lastKey ?? smallestKey,
      to: largestKey,
    };
  }
}
