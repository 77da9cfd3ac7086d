import { corruption, KvCorruptionError } from "../errors.ts";
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
  /** Whether it is known that no block follows. */
  #isComplete: boolean;
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
    this.#end = plan.footer?.hashOffset ?? window.size;
    this.#isComplete = plan.footer !== undefined;
    this.#search = new SectionSearch(window, salt ?? 0, this.#end);
  }

  async next(): Promise<SoundBlock | Gap | undefined> {
    const waiting = this.#behindGap;
    if (waiting !== undefined) {
      this.#behindGap = undefined;
      return this.#pass(waiting);
    }
    const start = this.#at;
    if (start >= this.#end) return this.#finish();
    const found = this.#salt === undefined
      ? undefined
      : await this.#search.next(start);
    this.#at = found?.end ?? this.#end;
    if (found === undefined) {
      this.#isComplete = true;
      return this.#gap(start, this.#end, "no block can be told from here on");
    }
    const block = await this.#read(found);
    if (block instanceof KvCorruptionError) return this.#noBlock(start, found);
    if (found.start === start) return this.#pass(block);
    this.#behindGap = block;
    const gap = this.#gap(
      start,
      found.start,
      "no block can be told up to here",
    );
    return { ...gap, to: block.firstKey };
  }

  rewind(): void {
    this.#at = 0;
    this.#lastKey = undefined;
    this.#behindGap = undefined;
  }

  async #read(found: FoundSection): Promise<SoundBlock | KvCorruptionError> {
    const place = {
      name: this.window.name,
      salt: this.#salt!,
      offset: found.start,
    };
    try {
      return await readBlock(this.window, place, {
        end: found.end,
        number: -1,
      });
    } catch (error) {
      if (error instanceof KvCorruptionError) return error;
      throw error;
    }
  }

  /** A section that is no block. Where nothing says how far the blocks reach, it is the first one behind them. */
  #noBlock(
    start: number,
    { start: foundAt, end }: FoundSection,
  ): Gap | undefined {
    if (this.plan.footer !== undefined) {
      return this.#gap(start, end, "there is no block");
    }
    this.#isComplete = true;
    this.#at = this.#end;
    if (foundAt === start) return undefined;
    return this.#gap(start, foundAt, "no block can be told up to here");
  }

  /** Where the file was cut off between two blocks, nothing is left of those that followed but that there is no index. */
  #finish(): Gap | undefined {
    if (this.#isComplete) return undefined;
    this.#isComplete = true;
    return this.#gap(this.#end, this.#end, "the file ends before its index");
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
