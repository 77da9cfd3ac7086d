import { crc32 as nativeCrc32 } from "node:zlib";

/**
 * CRC-32 (IEEE 802.3) of `bytes`, going on from `seed`. The seed is how a checksum is tied to a
 * place: the same bytes in another file or at another offset do not pass.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return nativeCrc32(bytes, seed);
}
