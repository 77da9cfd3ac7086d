/** The inverse of an odd number modulo 2^32, by Newton's iteration. */
function inverse(odd: number): number {
  let x = odd;
  for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(odd, x));
  return x;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function scramble(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function unscramble(word: number): number {
  const rotated = Math.imul(word, inverse(0x1b873593));
  return Math.imul(rotate(rotated, 17), inverse(0xcc9e2d51));
}

function unshift(value: number, bits: number): number {
  let x = value;
  for (let i = bits; i < 32; i += bits) x = value ^ (x >>> bits);
  return x;
}

/**
 * Keys of eight bytes that all have this MurmurHash3: any first word, and the second that leads to
 * the hash.
 */
export function keysOfHash(hash: number, count: number): Uint8Array[] {
  let state = unshift(hash, 16);
  state = unshift(Math.imul(state, inverse(0xc2b2ae35)), 13);
  state = unshift(Math.imul(state, inverse(0x85ebca6b)), 16) ^ 8;
  const beforeLast = rotate(
    Math.imul(state - 0xe6546b64, inverse(5)),
    19,
  );
  return Array.from({ length: count }, (_, i) => {
    const first = Math.imul(rotate(scramble(i), 13), 5) + 0xe6546b64;
    const key = new Uint8Array(8);
    const view = new DataView(key.buffer);
    view.setInt32(0, i, true);
    view.setInt32(4, unscramble(beforeLast ^ first), true);
    return key;
  });
}
