/** A random integer of 0 to 2^32 - 1. */
export function randomUint32(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
