import { compareBytes } from "../bytes/compare.ts";
import { KvCorruptionError } from "../errors.ts";
import { decodeFooter, type Footer, FOOTER_BYTES } from "../segment/format.ts";
import { SegmentIndex } from "../segment/index.ts";
import { readSegmentEnd } from "../segment/open_segment.ts";
import type { SegmentProperties } from "../segment/properties.ts";
import { openSection, type SectionPlace } from "../segment/section.ts";
import type { ReadableFile } from "../storage/storage.ts";
import { FileWindow } from "./file_window.ts";
import type { Progress } from "./progress.ts";
import {
  type Gap,
  readBlock,
  type SegmentPlan,
  type SegmentWalk,
  type SoundBlock,
} from "./sound_block.ts";
import { findSalt } from "./salt_search.ts";
import { SearchWalk } from "./search_walk.ts";

/**
 * A longer index is refused: with the smallest blocks it would be that of a segment past the size
 * that can be.
 */
const MAX_INDEX_BYTES = 1024 * 1024 * 1024;

/** Starts a walk through the segment in `file`. */
export async function walkSegment(
  file: ReadableFile,
  name: string,
  progress: Progress,
): Promise<SegmentWalk> {
  const window = new FileWindow(file, { name, progress });
  const plan = await planOf(file, window);
  const { index, footer } = plan;
  if (index !== undefined && footer !== undefined) {
    return new IndexWalk(window, { ...plan, index, footer });
  }
  const salt = footer?.salt ?? await findSalt(window);
  return new SearchWalk(window, plan, salt);
}

const SOUND = {
  endError: undefined,
  indexError: undefined,
} as const;

async function planOf(
  file: ReadableFile,
  window: FileWindow,
): Promise<SegmentPlan> {
  const end = await orError(async () =>
    await readSegmentEnd(file, window.name)
  );
  if (end instanceof KvCorruptionError) {
    const footer = await footerAlone(window);
    const properties = undefined;
    const index = undefined;
    return { ...SOUND, footer, properties, index, endError: end };
  }
  const index = await orError(() => readIndex(window, end));
  return index instanceof KvCorruptionError
    ? { ...SOUND, ...end, index: undefined, indexError: index }
    : { ...SOUND, ...end, index };
}

async function orError<T>(
  work: () => Promise<T>,
): Promise<T | KvCorruptionError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof KvCorruptionError) return error;
    throw error;
  }
}

/** The footer, if that is not what is damaged at the end of a segment. */
async function footerAlone(window: FileWindow): Promise<Footer | undefined> {
  const start = window.size - FOOTER_BYTES;
  if (start < 0) return undefined;
  const bytes = await window.span(start, FOOTER_BYTES);
  const footer = await orError(() =>
    Promise.resolve(decodeFooter(bytes, window.name, start))
  );
  return footer instanceof KvCorruptionError || !(footer.hashOffset <= start)
    ? undefined
    : footer;
}

async function readIndex(
  window: FileWindow,
  { footer, properties }: {
    readonly footer: Footer;
    readonly properties: SegmentProperties;
  },
): Promise<SegmentIndex> {
  const { name } = window;
  const { indexOffset: offset, propertiesOffset, salt } = footer;
  const length = propertiesOffset - offset;
  if (length > MAX_INDEX_BYTES) {
    throw new KvCorruptionError(name, offset, "the index is too long");
  }
  const section = await window.span(offset, length);
  // The index stays, while what it was read into is used for other reads.
  const payload = openSection(section, { name, salt, offset }).slice();
  return new SegmentIndex(payload, {
    name,
    offset,
    blocks: properties.blocks,
    dataEnd: footer.hashOffset,
    largestKey: properties.largestKey,
  });
}

class IndexWalk implements SegmentWalk {
  readonly plan: SegmentPlan;
  readonly window: FileWindow;
  readonly #index: SegmentIndex;
  readonly #salt: number;
  #number = 0;

  constructor(
    window: FileWindow,
    plan: SegmentPlan & {
      readonly index: SegmentIndex;
      readonly footer: Footer;
    },
  ) {
    this.window = window;
    this.plan = plan;
    this.#index = plan.index;
    this.#salt = plan.footer.salt;
  }

  async next(): Promise<SoundBlock | Gap | undefined> {
    const number = this.#number;
    const index = this.#index;
    if (number === index.blocks) return undefined;
    this.#number++;
    const start = index.blockStart(number);
    const end = index.blockEnd(number);
    const place = { name: this.window.name, salt: this.#salt, offset: start };
    try {
      const block = await readBlock(this.window, place, { end, number });
      this.#checkPlace(block, place);
      return block;
    } catch (error) {
      if (!(error instanceof KvCorruptionError)) throw error;
      const from = number === 0
        ? this.plan.properties?.smallestKey
        : index.separator(number - 1);
      const to = index.separator(number);
      return { isSound: false, start, end, error, from, to };
    }
  }

  rewind(): void {
    this.#number = 0;
  }

  /** A block lies between the separators before and behind it. */
  #checkPlace(
    { number, firstKey, lastKey }: SoundBlock,
    { name, offset }: SectionPlace,
  ): void {
    const index = this.#index;
    const isBetween = compareBytes(index.separator(number), lastKey) >= 0 &&
      (number === 0 || compareBytes(index.separator(number - 1), firstKey) < 0);
    if (isBetween) return;
    const problem = "the block does not lie between its separators";
    throw new KvCorruptionError(name, offset, problem);
  }
}
