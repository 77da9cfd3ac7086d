import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import process from "node:process";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../failure.ts";
import { nextUnlessAborted } from "./abortable.ts";

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

/** Opens a file, or standard input for `-`. Reading ends with the reason of `signal` once it is aborted. */
export async function openSource(
  path: string,
  { isGzip, signal }: {
    readonly isGzip: boolean;
    readonly signal: AbortSignal;
  },
): Promise<Source> {
  const isFile = path !== STANDARD_INPUT;
  const info = isFile ? await stat(path) : undefined;
  if (info?.isDirectory()) {
    throw new DataError(`Cannot load ${path}: it is a directory`);
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
      yield* isGzip ? unzipped(counted(), path) : counted();
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

async function* unzipped(
  input: AsyncIterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(input, { objectMode: false });
  const gunzip = createGunzip();
  let failure: unknown;
  source.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (failure !== undefined) throw failure;
    throw new DataError(
      `Cannot unpack ${path}: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
