import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";
import type { Readable } from "node:stream";
import { DataError } from "../failure.ts";
import { fileError } from "../system_error.ts";
import { nextUnlessAborted } from "./abortable.ts";
import { gunzip, gunzipIfPacked } from "./gzip.ts";

/** What entries are loaded from. */
export interface Source {
  /** The bytes, unpacked. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Size of the file, as it lies there; `undefined` for what has none. */
  readonly total: number | undefined;
  /** Bytes that were read so far, packed as they are. */
  readonly bytesRead: number;
}

const STANDARD_INPUT = "-";
const READ_BYTES = 256 * 1024;

/**
 * Opens a file, or standard input for `-`. Where it is not known whether it is packed, its first
 * bytes say so. Reading ends with the reason of `signal` once it is aborted.
 */
export async function openSource(
  path: string,
  { isGzip, signal }: {
    readonly isGzip: boolean | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Source> {
  const isFile = path !== STANDARD_INPUT;
  const name = isFile ? path : "standard input";
  const refused = (error: unknown) => fileError("load", path, error);
  const info = isFile
    ? await stat(path).catch((error) => Promise.reject(refused(error)))
    : undefined;
  if (info?.isDirectory()) {
    throw new DataError(`Cannot load ${path}: it is a folder`, {
      hint: "name a file in it",
    });
  }
  const stream: Readable = isFile
    ? createReadStream(path, { highWaterMark: READ_BYTES })
    : process.stdin;
  const source = {
    chunks: read(),
    total: info?.isFile() ? info.size : undefined,
    bytesRead: 0,
  };
  return source;

  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      yield* isGzip === true
        ? gunzip(counted(), name)
        : isGzip === false
        ? counted()
        : gunzipIfPacked(counted(), name);
    } catch (error) {
      throw refused(error);
    } finally {
      stream.destroy();
    }
  }

  async function* counted(): AsyncGenerator<Uint8Array> {
    const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await nextUnlessAborted(chunks, signal);
      if (done) return;
      source.bytesRead += value.length;
      yield value;
    }
  }
}
