import { crc32 } from "../bytes/crc32.ts";
import { readUint32 } from "../bytes/fixed.ts";
import { STORED } from "../segment/compression.ts";
import {
  endsWithMagic,
  FOOTER_BYTES,
  FOOTER_CRC_OFFSET,
  FOOTER_SALT_OFFSET,
} from "../segment/format.ts";
import { SECTION_TRAILER_BYTES } from "../segment/section.ts";
import {
  divideByByte,
  inverseOfBytes,
  multiply,
  ONE,
  step,
} from "./crc_algebra.ts";
import type { FileWindow } from "./file_window.ts";
import { isBlock, SectionSearch } from "./section_search.ts";

/** A first block that is longer is not recognised without a footer. */
const MOST_BLOCK_BYTES = 16 * 1024 * 1024;

/** How many bytes of blocks that are none may be looked at. */
const MOST_TRIED_BYTES = 256 * 1024 * 1024;

/** The right end is nearly always the first that comes into question. */
const MOST_CANDIDATES = 8;

/**
 * Finds the salt of a segment whose footer is damaged or cut off.
 *
 * 1. It may still stand in the footer, or follow from the checksum of the footer, if nothing but
 *    the salt is damaged there. It is right if it lets the first block pass.
 * 2. Otherwise it follows from the first block, which begins at offset 0. A checksum can be solved
 *    for its seed, so each place where the block may end gives a salt, and the right one is where
 *    the bytes before are a block in every respect and another one follows somewhere. A lone block,
 *    whose checksum fits because the salt was made to, is not believed.
 * 3. If the first block is damaged too, a salt of the footer may let any other block pass.
 */
export async function findSalt(
  window: FileWindow,
): Promise<number | undefined> {
  const salts = await saltsOfFooter(window);
  const searchWith = (salt: number) =>
    new SectionSearch(window, salt, window.size);
  for (const salt of salts) {
    const end = await searchWith(salt).endFrom(0, MOST_BLOCK_BYTES);
    if (end !== undefined) return salt;
  }
  for (const { salt, end } of await saltsOfFirstBlock(window)) {
    if (await searchWith(salt).next(end) !== undefined) return salt;
  }
  for (const salt of salts) {
    if (await searchWith(salt).next(0) !== undefined) return salt;
  }
  return undefined;
}

/** What the salt may be if there is a footer; nothing if the file does not end like a segment. */
async function saltsOfFooter(window: FileWindow): Promise<number[]> {
  const start = window.size - FOOTER_BYTES;
  if (start < 0) return [];
  const footer = await window.span(start, FOOTER_BYTES);
  if (!endsWithMagic(footer)) return [];
  const unsalted = footer.slice(0, FOOTER_CRC_OFFSET);
  unsalted.fill(0, FOOTER_SALT_OFFSET, FOOTER_SALT_OFFSET + 4);
  const difference = readUint32(footer, FOOTER_CRC_OFFSET) ^ crc32(unsalted);
  const covered = FOOTER_CRC_OFFSET - FOOTER_SALT_OFFSET;
  return [
    readUint32(footer, FOOTER_SALT_OFFSET),
    multiply(inverseOfBytes(covered), difference),
  ];
}

/** What the salt would be for each place where the first block may end. */
async function saltsOfFirstBlock(
  window: FileWindow,
): Promise<{ salt: number; end: number }[]> {
  const length = Math.min(window.size, MOST_BLOCK_BYTES);
  const bytes = await window.span(0, length);
  const found: { salt: number; end: number }[] = [];
  let register = 0;
  let inverse = ONE;
  let budgetBytes = MOST_TRIED_BYTES;
  const ends = bytes.length - SECTION_TRAILER_BYTES + 1;
  for (let kindOffset = 0; kindOffset < ends; kindOffset++) {
    register = step(register, bytes[kindOffset]!);
    inverse = divideByByte(inverse);
    if (!isPlausible(bytes, kindOffset)) continue;
    const end = kindOffset + SECTION_TRAILER_BYTES;
    budgetBytes -= end;
    if (budgetBytes < 0) break;
    const crc = readUint32(bytes, kindOffset + 1);
    const salt = ~multiply(inverse, ~crc ^ register) >>> 0;
    const section = bytes.subarray(0, end);
    if (!isBlock(section, { name: window.name, salt, offset: 0 })) continue;
    found.push({ salt, end });
    if (found.length === MOST_CANDIDATES) break;
  }
  return found;
}

/** Whether the end of a block may lie before `kindOffset`, at a glance. */
function isPlausible(bytes: Uint8Array, kindOffset: number): boolean {
  const kind = bytes[kindOffset]!;
  if (kind !== STORED) return kind <= 2;
  // Restarts and flags of the block.
  return kindOffset >= 2 && bytes[kindOffset - 2] !== 0 &&
    bytes[kindOffset - 1]! <= 3;
}
