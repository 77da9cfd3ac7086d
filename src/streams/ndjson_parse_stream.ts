import { tupleOfJson } from "../codec/tuple_json.ts";
import { invalidArgument } from "../errors.ts";
import { LineCutter, type Lines } from "./line_cutter.ts";

/** How many entries are handed on at once: to be asked for each takes longer than to read it. */
const MOST_AT_ONCE = 100;

/**
 * Parses newline-delimited JSON into entries: one object per line, `{"key": ..., "value": ...}`, as
 * `kv dump` and {@linkcode NdjsonStringifyStream} write them. Empty lines are skipped. A malformed
 * line, or one not in UTF-8, fails the stream after the entries before it; the error is
 * `KV_INVALID_ARGUMENT` and gives its number.
 *
 * A key that is an array is a tuple: `{"bytes":"00ff"}`, `{"bigint":"5"}` and
 * `{"number":"-Infinity"}` in it become what they stand for, and other objects fail the stream. All
 * other keys, and all values, are as `JSON.parse` returns them; so `bytes` written by `kv dump` are
 * strings of hexadecimal digits, and values that are tuples keep those objects.
 *
 * `K` and `V` are the types the lines are claimed to hold; they are not checked here but by the
 * store's codecs.
 *
 * @example
 * ```ts
 * import { json, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { NdjsonParseStream } from "@purekv/purekv/streams";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage(), { values: json<number>() });
 * const file = new Blob(['{"key":"a","value":1}\n{"key":"b","value":2}\n']);
 * await db.importFrom(file.stream().pipeThrough(new NdjsonParseStream<string, number>()));
 * assertEquals(await db.get("b"), 2);
 * ```
 */
export class NdjsonParseStream<K = string, V = string>
  implements ReadableWritablePair<[K, V], Uint8Array<ArrayBuffer>> {
  /** The entries. */
  readonly readable: ReadableStream<[K, V]>;
  /** Where the bytes go. */
  readonly writable: WritableStream<Uint8Array<ArrayBuffer>>;

  /** Makes the stream. */
  constructor() {
    const cutter = new LineCutter();
    const { readable, writable } = new TransformStream<
      Uint8Array<ArrayBuffer>,
      Lines
    >({
      transform(chunk, controller) {
        const lines = cutter.add(chunk);
        if (lines !== undefined) controller.enqueue(lines);
      },
      flush(controller) {
        controller.enqueue(cutter.rest());
      },
    });
    this.writable = writable;
    this.readable = new ReadableStream(
      new EntrySource<K, V>(readable.getReader()),
      { highWaterMark: 0 },
    );
  }
}

/**
 * Gives entries when they are asked for, and an error only after all before it were taken: a stream
 * that fails drops what waits in it.
 */
class EntrySource<K, V> implements UnderlyingDefaultSource<[K, V]> {
  readonly #lines: ReadableStreamDefaultReader<Lines>;
  #entries: Iterator<[K, V]> = [][Symbol.iterator]();
  #number = 0;
  #failure: unknown;

  constructor(lines: ReadableStreamDefaultReader<Lines>) {
    this.#lines = lines;
  }

  async pull(controller: ReadableStreamDefaultController<[K, V]>) {
    while (!this.#give(controller)) {
      const { done, value } = await this.#lines.read();
      if (done) return controller.close();
      this.#entries = this.#entriesOf(value);
    }
  }

  cancel(reason: unknown): Promise<void> {
    return this.#lines.cancel(reason);
  }

  /** Hands on some entries, if there are any. */
  #give(controller: ReadableStreamDefaultController<[K, V]>): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    let given = 0;
    try {
      for (; given < MOST_AT_ONCE; given++) {
        const { done, value } = this.#entries.next();
        if (done) break;
        controller.enqueue(value);
      }
    } catch (error) {
      this.#failure = error;
      // Whoever writes need not go on.
      this.#lines.cancel(error).catch(() => {});
      if (given === 0) throw error;
    }
    return given > 0;
  }

  *#entriesOf({ texts, isCutShort }: Lines): Generator<[K, V]> {
    for (const text of texts) {
      this.#number++;
      if (text.trim() !== "") yield entryOf<K, V>(text, this.#number);
    }
    if (!isCutShort) return;
    throw invalidArgument(
      `Cannot read line ${this.#number + 1}: it is not UTF-8`,
    );
  }
}

function entryOf<K, V>(line: string, number: number): [K, V] {
  const object = atLine(number, () => JSON.parse(line));
  const names = typeof object === "object" && object !== null &&
      !Array.isArray(object)
    ? Object.keys(object).sort().join()
    : "";
  if (names !== "key,value") {
    throw invalidArgument(
      `Cannot read line ${number}: expected {"key": ..., "value": ...}`,
    );
  }
  const { key, value } = object as { key: unknown; value: V };
  const isTuple = Array.isArray(key);
  return [
    (isTuple ? atLine(number, () => tupleOfJson(key)) : key) as K,
    value,
  ];
}

/** What `read` answers with; its error says which line is wrong. */
function atLine(number: number, read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(
      `Cannot read line ${number}: ${(cause as Error).message}`,
    );
  }
}
