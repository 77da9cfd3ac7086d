/**
 * Codes of keys: the first bytes of each as a number, so that a search through many keys compares numbers, side by side in one array, and looks at
 * keys only where codes are equal.
 *
 * @module
 */

/** How many bytes of a key its code holds: as many as a number can, and order, exactly. */
const CODE_BYTES = 6;

/** The first six of `length` bytes as a number; zeros stand behind the last of fewer. */
export function keyCode(
  bytes: Uint8Array,
  start: number,
  length: number,
): number {
  if (length >= CODE_BYTES) {
    const low = (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) |
      bytes[start + 5]!;
    return 2 ** 24 * ((bytes[start]! << 16) | (bytes[start + 1]! << 8) |
          bytes[start + 2]!) + low;
  }
  let code = 0;
  for (let i = 0; i < CODE_BYTES; i++) {
    code = 256 * code + (i < length ? bytes[start + i]! : 0);
  }
  return code;
}

/** Index of the first of the ascending codes from `low` on that is not below `code`. */
export function firstNotBelow(
  codes: Float64Array,
  code: number,
  low: number,
): number {
  let high = codes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (codes[middle]! < code) low = middle + 1;
    else high = middle;
  }
  return low;
}
