import { writeUint32 } from "../bytes/fixed.ts";
import {
  BLOCK_TRAILER_BYTES,
  FLAG_SEQUENCED,
  FLAG_WIDE_RESTARTS,
  RESTART_INTERVAL,
  WIDE_RESTARTS_FROM_BYTES,
} from "./block_format.ts";

/** How many restarts a block of `keys` keys has. */
function restartsOf(keys: number): number {
  return Math.ceil(keys / RESTART_INTERVAL);
}

/** Bytes of a restart in a block whose entries take `entryBytes` bytes. */
function restartBytes(entryBytes: number): number {
  return entryBytes < WIDE_RESTARTS_FROM_BYTES ? 2 : 4;
}

/** Bytes of a block behind its entries. */
export function blockEndLength(
  entriesEnd: number,
  keys: number,
  prefixLength: number,
): number {
  return restartsOf(keys) * restartBytes(entriesEnd) + prefixLength +
    BLOCK_TRAILER_BYTES;
}

/**
 * Writes what stands behind the entries of a block, for which there is room in `buffer` from
 * `entriesEnd` on.
 */
export function writeBlockEnd(
  buffer: Uint8Array,
  entriesEnd: number,
  { offsets, keys, prefix, sequenced }: {
    /** For each key, where its entry begins. */
    readonly offsets: Uint32Array;
    readonly keys: number;
    readonly prefix: Uint8Array;
    readonly sequenced: boolean;
  },
): void {
  const wide = restartBytes(entriesEnd) === 4;
  let at = entriesEnd;
  for (let i = 0; i < keys; i += RESTART_INTERVAL) {
    const offset = offsets[i]!;
    if (wide) {
      writeUint32(buffer, at, offset);
      at += 4;
    } else {
      buffer[at++] = offset;
      buffer[at++] = offset >>> 8;
    }
  }
  buffer.set(prefix, at);
  at += prefix.length;
  buffer[at] = prefix.length;
  buffer[at + 1] = prefix.length >>> 8;
  buffer[at + 2] = prefix.length >>> 16;
  buffer[at + 3] = restartsOf(keys);
  buffer[at + 4] = (sequenced ? FLAG_SEQUENCED : 0) |
    (wide ? FLAG_WIDE_RESTARTS : 0);
}
