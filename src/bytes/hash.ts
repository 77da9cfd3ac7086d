/**
 * MurmurHash3 (x86, 32 bit, by Austin Appleby) of a span of bytes, with seed 0. Segments store what
 * follows from it, so it is part of the format.
 */
export function hashSpan(
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  let hash = 0;
  const wordsEnd = offset + (length & ~3);
  let i = offset;
  for (; i < wordsEnd; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) |
      (bytes[i + 3]! << 24);
    hash ^= scramble(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let j = offset + length - 1; j >= wordsEnd; j--) {
    tail = (tail << 8) | bytes[j]!;
  }
  if (i < offset + length) hash ^= scramble(tail);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}
