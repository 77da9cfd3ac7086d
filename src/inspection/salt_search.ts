import { readUint32 } from "../bytes/fixed.ts";
import { KvError } from "../errors.ts";
import { checkBlock } from "../segment/block_check.ts";
import { STORED } from "../segment/compression.ts";
import { FOOTER_BYTES, FOOTER_SALT_OFFSET } from "../segment/format.ts";
import { openSection, SECTION_TRAILER_BYTES } from "../segment/section.ts";
import { divideByByte, multiply, ONE, step } from "./crc_algebra.ts";
import type { FileWindow } from "./file_window.ts";
import { SectionSearch } from "./section_search.ts";

/** A first block that is longer is not recognised without a footer. */
const MOST_BLOCK_BYTES = 1024 * 1024;

/** How many bytes of blocks that are none may be looked at. */
const MOST_TRIED_BYTES = 256 * 1024 * 1024;

/** The right end is nearly always the first that comes into question. */
const MOST_CANDIDATES = 8;

/**
 * Finds the salt of a segment whose footer is damaged or cut off. It may still stand where the footer had it. Otherwise it follows from the
 * first block, which begins at offset 0: a checksum can be solved for its seed, so each place where the block may end gives a salt, and the right one
 * is where the bytes before are a block in every respect and another section follows.
 */
export async function findSalt(
  window: FileWindow,
): Promise<number | undefined> {
  const { size } = window;
  if (size >= FOOTER_BYTES) {
    const at = size - FOOTER_BYTES + FOOTER_SALT_OFFSET;
    const salt = readUint32(await window.span(at, 4), 0);
    const search = new SectionSearch(window, salt, size);
    if (await search.next(0) !== undefined) return salt;
  }
  let likely: number | undefined;
  for (const { salt, end } of await saltsOfFirstBlock(window)) {
    const search = new SectionSearch(window, salt, size);
    const follows = await search.endFrom(end, end + MOST_BLOCK_BYTES);
    if (follows !== undefined) return salt;
    likely ??= salt;
  }
  return likely;
}

/** What the salt would be for each place where the first block may end. */
async function saltsOfFirstBlock(
  window: FileWindow,
): Promise<{ salt: number; end: number }[]> {
  const bytes = await window.span(0, Math.min(window.size, MOST_BLOCK_BYTES));
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
    if (!isFirstBlock(section, window.name, salt)) continue;
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

function isFirstBlock(
  section: Uint8Array,
  name: string,
  salt: number,
): boolean {
  try {
    checkBlock(openSection(section, { name, salt, offset: 0 }), name, 0);
    return true;
  } catch (error) {
    if (error instanceof KvError) return false;
    throw error;
  }
}
