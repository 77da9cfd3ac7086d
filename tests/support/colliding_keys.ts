import { readUint32, writeUint32 } from "../../src/bytes/fixed.ts";

/**
 * Different keys of eight bytes that all have the same hash: `hashSpan` is no secret, so a user of
 * a store may well send them.
 */
export function* collidingKeys(count: number): Generator<Uint8Array> {
  const first = new Uint8Array(4);
  for (let i = 0; i < count; i++) {
    writeUint32(first, 0, i);
    const key = new Uint8Array(8);
    key.set(first);
    // The second word turns whatever the first one has left into the same state.
    writeUint32(key, 4, unscramble(stateAfter(first) ^ COMMON_STATE));
    yield key;
  }
}

const COMMON_STATE = 0x1234_5678;
const INVERSE_1 = inverse(0xcc9e2d51);
const INVERSE_2 = inverse(0x1b873593);

/** The state of MurmurHash3 after its first word. */
function stateAfter(word: Uint8Array): number {
  const scrambled = Math.imul(readUint32(word, 0), 0xcc9e2d51);
  const hash = Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
}

/** The word that MurmurHash3 scrambles to `scrambled`. */
function unscramble(scrambled: number): number {
  const rotated = Math.imul(scrambled, INVERSE_2);
  return Math.imul((rotated >>> 15) | (rotated << 17), INVERSE_1) >>> 0;
}

/** The inverse of an odd number modulo 2^32, by Newton's method. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}
