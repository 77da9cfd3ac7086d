import { corruption, KvCorruptionError } from "../errors.ts";
import type { Footer } from "../segment/format.ts";
import {
  firstSlotOf,
  type HashGeometry,
  hashGeometry,
  pageBytes,
  pageOf,
  pointerAt,
  probe,
  SLOT_BYTES,
} from "../segment/hash_index.ts";
import type { SegmentProperties } from "../segment/properties.ts";
import { openSection, SECTION_TRAILER_BYTES } from "../segment/section.ts";
import type { FileWindow } from "./file_window.ts";

/** Memory for hash pages, in bytes. A segment with more of them is gone through several times. */
export const HASH_MEMORY_BYTES: number = 32 * 1024 * 1024;

/** A run of hash pages in memory, to look whether they lead to every key that there is. */
export class HashCheck {
  readonly geometry: HashGeometry;
  readonly #first: number;
  readonly #pages: (Uint8Array | undefined)[] = [];
  /** What is wrong with pages that cannot be read. */
  readonly errors: KvCorruptionError[] = [];

  private constructor(geometry: HashGeometry, first: number) {
    this.geometry = geometry;
    this.#first = first;
  }

  /** How the pages are laid out, or `undefined` if there are none, or none that can be. */
  static geometryOf(
    footer: Footer,
    { offsetBits, blocks }: SegmentProperties,
  ): HashGeometry | undefined {
    const { hashPages, hashSlots } = footer;
    return hashPages === 0
      ? undefined
      : hashGeometry(hashPages, hashSlots, offsetBits, blocks);
  }

  /** Reads as many pages from number `first` on as fit into `memoryBytes`, at least one. */
  static async load(
    window: FileWindow,
    footer: Footer,
    { geometry, first, memoryBytes }: {
      readonly geometry: HashGeometry;
      readonly first: number;
      readonly memoryBytes: number;
    },
  ): Promise<HashCheck> {
    const check = new HashCheck(geometry, first);
    const bytes = pageBytes(geometry.slots) + SECTION_TRAILER_BYTES;
    const most = Math.max(1, Math.floor(memoryBytes / bytes));
    const end = Math.min(geometry.pages, first + most);
    for (let number = first; number < end; number++) {
      const offset = footer.hashOffset + number * bytes;
      check.#add(await window.span(offset, bytes), {
        name: window.name,
        salt: footer.salt,
        offset,
      });
    }
    return check;
  }

  #add(
    section: Uint8Array,
    place: { name: string; salt: number; offset: number },
  ): void {
    try {
      const page = openSection(section, place);
      if (page.length !== pageBytes(this.geometry.slots)) {
        const problem = "the hash page has the wrong length";
        throw corruption(place.name, place.offset, problem);
      }
      this.#pages.push(page.slice());
    } catch (error) {
      if (!(error instanceof KvCorruptionError)) throw error;
      this.errors.push(error);
      this.#pages.push(undefined);
    }
  }

  /** Number of the first page behind those that are in memory. */
  get end(): number {
    return this.#first + this.#pages.length;
  }

  /** How many slots of the pages are in use. */
  get used(): number {
    let used = 0;
    for (const page of this.#pages) {
      if (page === undefined) continue;
      for (let at = SLOT_BYTES - 1; at < page.length; at += SLOT_BYTES) {
        if (page[at] !== 0) used++;
      }
    }
    return used;
  }

  /**
   * Whether a lookup comes to the entry at `offset` of block `number`, whose key has this hash;
   * also if that is not for these pages to say.
   */
  leadsTo(hash: number, number: number, offset: number): boolean {
    const { pages, slots, offsetBits } = this.geometry;
    const page = this.#pages[pageOf(hash, pages) - this.#first];
    if (page === undefined) return true;
    const pointer = number * 2 ** offsetBits + offset;
    let at = firstSlotOf(hash, slots);
    // A page that was made up may have no end.
    for (let left = slots; left > 0;) {
      const found = probe(page, at, hash, this.geometry);
      if (found < 0) return false;
      if (pointerAt(page, found, this.geometry) === pointer) return true;
      left -= 1 + (found - at + slots) % slots;
      at = (found + 1) % slots;
    }
    return false;
  }
}
