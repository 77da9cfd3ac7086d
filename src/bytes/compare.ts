/**
 * Orders two spans as unsigned bytes: negative, zero or positive as the first sorts before, with or
 * after the second.
 */
export function compareSpans(
  a: Uint8Array,
  aOffset: number,
  aLength: number,
  b: Uint8Array,
  bOffset: number,
  bLength: number,
): number {
  const shared = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < shared; i++) {
    const difference = a[aOffset + i]! - b[bOffset + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Orders two byte strings as unsigned bytes. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return compareSpans(a, 0, a.length, b, 0, b.length);
}

/** Whether two spans hold the same bytes. */
export function equalSpans(
  a: Uint8Array,
  aOffset: number,
  aLength: number,
  b: Uint8Array,
  bOffset: number,
  bLength: number,
): boolean {
  if (aLength !== bLength) return false;
  for (let i = aLength - 1; i >= 0; i--) {
    if (a[aOffset + i] !== b[bOffset + i]) return false;
  }
  return true;
}

/** How many leading bytes two spans have in common. */
export function sharedPrefixLength(
  a: Uint8Array,
  aOffset: number,
  aLength: number,
  b: Uint8Array,
  bOffset: number,
  bLength: number,
): number {
  const most = aLength < bLength ? aLength : bLength;
  let length = 0;
  while (length < most && a[aOffset + length] === b[bOffset + length]) length++;
  return length;
}
