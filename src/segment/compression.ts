import * as zlib from "node:zlib";
import { KvError } from "../errors.ts";
import type { Compression } from "../options.ts";

/** How the payload of a section is stored. The numbers are part of the segment format. */
export const STORED = 0;
const DEFLATE_RAW = 1;
const ZSTD = 2;

/**
 * Compressors work at their fastest level: a block is written once per level of the tree, and read
 * often.
 */
const DEFLATE_LEVEL = 1;

/** A payload in the form in which it is stored. */
export interface Compressed {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Compresses `bytes`; the answer may be longer than they are. `compression` is not `none`. */
export function compress(
  compression: Exclude<Compression, "none">,
  bytes: Uint8Array,
): Compressed {
  return compression === "deflate"
    ? {
      kind: DEFLATE_RAW,
      bytes: zlib.deflateRawSync(bytes, { level: DEFLATE_LEVEL }),
    }
    : { kind: ZSTD, bytes: zlib.zstdCompressSync(bytes) };
}

/**
 * Undoes {@linkcode compress}. The result is never longer than `length` bytes, whatever `bytes`
 * are. Answers `undefined` for an unknown kind and throws, as node:zlib does, for damaged bytes.
 */
export function decompress(
  kind: number,
  bytes: Uint8Array,
  length: number,
): Uint8Array | undefined {
  if (kind !== DEFLATE_RAW && kind !== ZSTD) return undefined;
  if (kind === ZSTD && !("zstdDecompressSync" in zlib)) {
    throw new KvError(
      "KV_UNSUPPORTED",
      "Cannot read a segment compressed with zstd: the node:zlib of this runtime does not have it",
    );
  }
  const options = { maxOutputLength: Math.max(length, 1) };
  const result = kind === DEFLATE_RAW
    ? zlib.inflateRawSync(bytes, options)
    : zlib.zstdDecompressSync(bytes, options);
  // A copy of its own: node:zlib answers with a `Buffer` over a larger allocation, and hot paths
  // see one class of arrays only.
  return new Uint8Array(result);
}
