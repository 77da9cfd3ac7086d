import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DataError } from "../failure.ts";

/** What a packed file begins with. No text does. */
const MAGIC: readonly number[] = [0x1f, 0x8b];

/** What the unpacker says, in words for people. */
const PROBLEMS: readonly (readonly [said: RegExp, meant: string])[] = [
  [/unexpected end/, "it ends too early, as if it were cut off"],
  [/incorrect header/, "it is not packed with gzip"],
  [/incorrect|invalid/, "it is damaged"],
];

/** Unpacks what begins as gzip does, and passes on everything else. */
export async function* gunzipIfPacked(
  input: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  const chunks = input[Symbol.asyncIterator]();
  const held: Uint8Array[] = [];
  let length = 0;
  while (length < MAGIC.length) {
    const { done, value } = await chunks.next();
    if (done) break;
    held.push(value);
    length += value.length;
  }
  const start = Buffer.concat(held);
  const all = joined(start, chunks);
  const isPacked = MAGIC.every((byte, i) => start[i] === byte);
  yield* isPacked ? gunzip(all, name) : all;
}

async function* joined(
  start: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return;
      yield value;
    }
  } finally {
    await rest.return?.();
  }
}

/** Unpacks; errors call what is unpacked `name`. */
export async function* gunzip(
  input: AsyncIterable<Uint8Array>,
  name: string,
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
    throw new DataError(`Cannot unpack ${name}: ${meaningOf(error)}`, {
      cause: error,
    });
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function meaningOf(error: unknown): string {
  const said = (error as Error).message;
  return PROBLEMS.find(([pattern]) => pattern.test(said))?.[1] ?? said;
}
