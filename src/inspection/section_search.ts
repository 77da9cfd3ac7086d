/**
 * Finds the sections of a segment whose index is lost. Nothing in a section says where it begins or
 * how long it is, but its checksum does: it is seeded with the offset of the section, so nearly no
 * other stretch of bytes passes for one.
 *
 * From a known start, the checksum is carried on byte by byte until the four bytes that follow are
 * its value. Where a start is not known, behind damage, all pairs of start and end are tried at
 * once, as a hash join:
 *
 * 1. Let P(i) be the register after bytes 0 to i - 1, begun with 0. Checksums are linear: begun
 *    with r at s, the register at e is P(e) + x^(8 (e - s)) (r + P(s)), where + is exclusive or.
 * 2. So there is a section from s to the checksum c at e if x^(-8 e) (~c + P(e)) = x^(-8 s)
 *    (~seed(s) + P(s)).
 * 3. Going forward, the right side of each possible start is entered into a table, and the left
 *    side of each possible end is looked up.
 * 4. Of so many pairs some fit by chance: only what is a block in every respect counts.
 *
 * @module
 */
import { readUint32 } from "../bytes/fixed.ts";
import { KvError } from "../errors.ts";
import { checkBlock } from "../segment/block_check.ts";
import {
  openSection,
  SECTION_TRAILER_BYTES,
  type SectionPlace,
  sectionSeed,
} from "../segment/section.ts";
import { divideByByte, multiply, ONE, step } from "./crc_algebra.ts";
import type { FileWindow } from "./file_window.ts";

/** Checksums take so many bytes, and come behind the kind of the section. */
const CRC_BYTES = 4;
const LAST_KIND = 2;

/** Most sections are no longer: so far is looked first. */
const NEAR_BYTES = 64 * 1024;

/**
 * Sections of up to this length are found wherever they begin, longer ones only right behind
 * another.
 */
const WINDOW_BYTES = 256 * 1024;

/** How much is gone through at once by byte. */
const STEP_BYTES = 32 * 1024;

/** How often the bytes of the file may be gone over: bytes can be made to keep the search busy. */
const MOST_READS = 32;

/** Whether these bytes are a section with a block. */
export function isBlock(section: Uint8Array, place: SectionPlace): boolean {
  try {
    checkBlock(openSection(section, place), place.name, place.offset);
    return true;
  } catch (error) {
    if (error instanceof KvError) return false;
    throw error;
  }
}

/** Where a section lies in the file. */
export interface FoundSection {
  readonly start: number;
  readonly end: number;
}

/** Looks for sections in a file. */
export class SectionSearch {
  readonly #window: FileWindow;
  readonly #salt: number;
  readonly #end: number;
  #budgetBytes: number;

  /** @param salt Salt of the segment. @param end Where the sections end at the latest. */
  constructor(window: FileWindow, salt: number, end: number) {
    this.#window = window;
    this.#salt = salt;
    this.#end = end;
    this.#budgetBytes = MOST_READS * window.size;
  }

  /**
   * The section at `start` or else the first block behind it; `undefined` if there is none, or the
   * search has become too long.
   */
  async next(start: number): Promise<FoundSection | undefined> {
    const near = await this.endFrom(start, start + NEAR_BYTES);
    if (near !== undefined) return { start, end: near };
    const found = await this.#join(start, start + 2 * NEAR_BYTES);
    if (found !== undefined) return found;
    const far = await this.endFrom(start, this.#end);
    if (far !== undefined) return { start, end: far };
    for (let at = start; at < this.#end; at += WINDOW_BYTES) {
      const behind = await this.#join(at, at + 2 * WINDOW_BYTES);
      if (behind !== undefined) return behind;
    }
    return undefined;
  }

  /**
   * Where the section ends that begins at `start`, if there is one that ends at or before `limit`.
   */
  async endFrom(start: number, limit: number): Promise<number | undefined> {
    const end = Math.min(limit, this.#end);
    let register = ~sectionSeed(this.#salt, start);
    for (let at = start; end - at >= SECTION_TRAILER_BYTES;) {
      const length = Math.min(STEP_BYTES, end - at);
      const span = await this.#window.span(at, length);
      const ends = length - CRC_BYTES;
      for (let i = 0; i < ends; i++) {
        const byte = span[i]!;
        register = step(register, byte);
        if (byte <= LAST_KIND && ~register >>> 0 === readUint32(span, i + 1)) {
          return at + i + SECTION_TRAILER_BYTES;
        }
      }
      at += ends;
      if (!this.#mayRead(ends)) return undefined;
    }
    return undefined;
  }

  /** The block that lies between `start` and `limit` and ends first. */
  async #join(
    start: number,
    limit: number,
  ): Promise<FoundSection | undefined> {
    const length = Math.min(limit, this.#end) - start;
    if (length < SECTION_TRAILER_BYTES || !this.#mayRead(length)) return;
    const bytes = await this.#window.span(start, length);
    const starts = new StartTable(length);
    let register = 0;
    let inverse = ONE;
    for (let i = 0; i <= length - CRC_BYTES; i++) {
      if (i > 0 && bytes[i - 1]! <= LAST_KIND) {
        const crc = readUint32(bytes, i);
        const found = starts.find(multiply(inverse, ~crc ^ register));
        const end = i + CRC_BYTES;
        if (
          found >= 0 && this.#isBlock(bytes.subarray(found, end), start + found)
        ) {
          return { start: start + found, end: start + end };
        }
      }
      const seed = sectionSeed(this.#salt, start + i);
      starts.add(multiply(inverse, ~seed ^ register), i);
      register = step(register, bytes[i]!);
      inverse = divideByByte(inverse);
    }
    return undefined;
  }

  #isBlock(section: Uint8Array, offset: number): boolean {
    const { name } = this.#window;
    return isBlock(section, { name, salt: this.#salt, offset });
  }

  #mayRead(bytes: number): boolean {
    this.#budgetBytes -= bytes;
    return this.#budgetBytes >= 0;
  }
}

/** A hash table from what stands for a start to the start, with linear probing. */
class StartTable {
  readonly #keys: Uint32Array;
  /** Starts + 1; 0 is an empty slot. */
  readonly #starts: Uint32Array;
  readonly #shift: number;

  constructor(entries: number) {
    const bits = 33 - Math.clz32(entries);
    this.#keys = new Uint32Array(2 ** bits);
    this.#starts = new Uint32Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  add(key: number, start: number): void {
    const slot = this.#slotOf(key);
    this.#keys[slot] = key;
    this.#starts[slot] = start + 1;
  }

  find(key: number): number {
    return this.#starts[this.#slotOf(key)]! - 1;
  }

  /** The slot with the key, or the empty one where it belongs. */
  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = Math.imul(key, 0x9e3779b1) >>> this.#shift;
    while (this.#starts[slot] !== 0 && this.#keys[slot] !== key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
