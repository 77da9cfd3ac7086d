/**
 * Finds the sections of a segment whose index is lost. Nothing in a section says where it begins or how long it is, but its checksum does: it is
 * seeded with the offset of the section, so nearly no other stretch of bytes passes for one.
 *
 * From a known start, the checksum is carried on byte by byte until the four bytes that follow are its value. Where a start is not known,
 * behind damage, all pairs of start and end are tried at once, as a hash join:
 *
 * 1. Let P(i) be the register after bytes 0 to i - 1, begun with 0. Checksums are linear: begun with r at s, the register at e
 *    is P(e) + x^(8 (e - s)) (r + P(s)), where + is exclusive or.
 * 2. So there is a section from s to the checksum c at e if x^(-8 e) (~c + P(e)) = x^(-8 s) (~seed(s) + P(s)).
 * 3. Going forward, the right side of each possible start is entered into a table, and the left side of each possible end is looked up.
 *
 * @module
 */
import { readUint32 } from "../bytes/fixed.ts";
import { SECTION_TRAILER_BYTES, sectionSeed } from "../segment/section.ts";
import { divideByByte, multiply, ONE, step } from "./crc_algebra.ts";
import type { FileWindow } from "./file_window.ts";

/** Checksums take so many bytes, and come behind the kind of the section. */
const CRC_BYTES = 4;
const LAST_KIND = 2;

/** Sections of up to this length are found wherever they begin, longer ones only right behind another. */
const NEAR_BYTES = 1024 * 1024;

/** How much is gone through at once by byte. */
const STEP_BYTES = 32 * 1024;

/** How often the bytes of the file may be gone over: bytes can be made to keep the search busy. */
const MOST_READS = 16;

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

  /** The first section at or behind `start`, or `undefined` if there is none or the search has become too long. */
  async next(start: number): Promise<FoundSection | undefined> {
    const end = await this.endFrom(start, start + NEAR_BYTES);
    if (end !== undefined) return { start, end };
    for (let at = start; at < this.#end; at += NEAR_BYTES) {
      const found = await this.#join(at, at + 2 * NEAR_BYTES);
      if (found !== undefined) return found;
      if (at > start) continue;
      const far = await this.endFrom(start, this.#end);
      if (far !== undefined) return { start, end: far };
    }
    return undefined;
  }

  /** Where the section ends that begins at `start`, if there is one that ends at or before `limit`. */
  async endFrom(start: number, limit: number): Promise<number | undefined> {
    const end = Math.min(limit, this.#end);
    let register = ~sectionSeed(this.#salt, start);
    for (let at = start; end - at >= SECTION_TRAILER_BYTES;) {
      const length = Math.min(STEP_BYTES, end - at);
      if (!this.#mayRead(length)) return undefined;
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
    }
    return undefined;
  }

  /** The section that lies between `start` and `limit` and ends first. */
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
        if (found >= 0) {
          return { start: start + found, end: start + i + CRC_BYTES };
        }
      }
      const seed = sectionSeed(this.#salt, start + i);
      starts.add(multiply(inverse, ~seed ^ register), i);
      register = step(register, bytes[i]!);
      inverse = divideByByte(inverse);
    }
    return undefined;
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
