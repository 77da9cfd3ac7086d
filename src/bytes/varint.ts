/**
 * Variable-length integers: seven bits a byte, lowest first, the high bit set on every byte but the
 * last (LEB128).
 */

/** The most bytes that an integer up to 2^53 - 1 takes. */
export const MAX_VARINT_BYTES = 8;

/** Writes an integer of 0 to 2^53 - 1 at `offset` and returns the offset behind it. */
export function writeVarint(
  target: Uint8Array,
  offset: number,
  value: number,
): number {
  let at = offset;
  let rest = value;
  while (rest > 0x7f) {
    target[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

/** How many bytes {@linkcode writeVarint} takes for `value`. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length++;
  return length;
}

/**
 * Reads integers one after another. After a read of a damaged or cut-off number the value is `NaN`.
 */
export class VarintReader {
  readonly #source: Uint8Array;
  readonly #end: number;
  /** Where the next read starts. */
  offset: number;

  constructor(source: Uint8Array, offset: number, end: number) {
    this.#source = source;
    this.offset = offset;
    this.#end = end;
  }

  /** The next integer, or `NaN` if the bytes end before it does or it is past 2^53 - 1. */
  read(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      if (this.offset >= this.#end) return NaN;
      const byte = this.#source[this.offset++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : NaN;
      scale *= 128;
    }
    return NaN;
  }
}
