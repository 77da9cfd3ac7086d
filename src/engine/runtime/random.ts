/** A random integer of 0 to 2^32 - 1. */
export function randomUint32(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** 16 random bytes that tell a store from any other. */
export function randomStoreId(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16));
}
