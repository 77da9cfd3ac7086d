import { releaseMemory } from "../bytes/release.ts";

/**
 * From how many bytes on the native copy, which makes an array object per call, is faster than a
 * loop.
 */
const NATIVE_COPY_BYTES = 48;

/**
 * Copies `length` bytes of `source` from `offset` on to `target` at `targetOffset`. The buffers are
 * not the same.
 */
export function copySpan(
  target: Uint8Array,
  targetOffset: number,
  source: Uint8Array,
  offset: number,
  length: number,
): void {
  if (length >= NATIVE_COPY_BYTES) {
    target.set(source.subarray(offset, offset + length), targetOffset);
    return;
  }
  for (let i = 0; i < length; i++) {
    target[targetOffset + i] = source[offset + i]!;
  }
}

/**
 * A buffer of at least `needed` bytes that begins with the first `used` bytes of `buffer`; it grows
 * by doubling.
 */
export function grown(
  buffer: Uint8Array,
  used: number,
  needed: number,
): Uint8Array {
  if (needed <= buffer.length) return buffer;
  const larger = new Uint8Array(Math.max(needed, buffer.length * 2));
  larger.set(buffer.subarray(0, used));
  return larger;
}

/**
 * An array with room for element number `i` that begins with what is in `array`, which is given
 * back; it grows by doubling.
 */
export function grownArray(
  array: Uint32Array<ArrayBuffer>,
  i: number,
): Uint32Array<ArrayBuffer> {
  if (i < array.length) return array;
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  releaseMemory(array);
  return larger;
}
