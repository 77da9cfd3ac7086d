/** Fixed-width little-endian integers. */

const TWO_TO_32 = 0x1_0000_0000;

/** Writes an integer of 0 to 2^32 - 1 at `offset`. */
export function writeUint32(
  target: Uint8Array,
  offset: number,
  value: number,
): void {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
}

/** Reads an integer of 0 to 2^32 - 1 at `offset`. */
export function readUint32(source: Uint8Array, offset: number): number {
  return (source[offset]! | (source[offset + 1]! << 8) |
    (source[offset + 2]! << 16) |
    (source[offset + 3]! << 24)) >>> 0;
}

/** Writes an integer of 0 to 2^53 - 1 as eight bytes at `offset`. */
export function writeUint64(
  target: Uint8Array,
  offset: number,
  value: number,
): void {
  writeUint32(target, offset, value % TWO_TO_32);
  writeUint32(target, offset + 4, Math.floor(value / TWO_TO_32));
}

/**
 * Reads eight bytes at `offset`; answers `NaN` for a number past 2^53 - 1, which no writer here
 * writes.
 */
export function readUint64(source: Uint8Array, offset: number): number {
  const high = readUint32(source, offset + 4);
  return high > 0x1f_ffff ? NaN : high * TWO_TO_32 + readUint32(source, offset);
}
