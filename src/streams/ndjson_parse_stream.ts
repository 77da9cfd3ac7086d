import { TextLineStream } from "@std/streams";
import { tupleOfJson } from "../codec/tuple_json.ts";
import { invalidArgument } from "../errors.ts";

/**
 * Parses newline-delimited JSON into entries: one object per line, `{"key": ..., "value": ...}`, as
 * `kv dump` and {@linkcode NdjsonStringifyStream} write them. Empty lines are skipped. A malformed
 * line, or one not in UTF-8, fails the stream; for a malformed line the error is
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
    const decoder = new TextDecoderStream("utf-8", { fatal: true });
    let number = 0;
    this.writable = decoder.writable as WritableStream<Uint8Array<ArrayBuffer>>;
    this.readable = decoder.readable.pipeThrough(new TextLineStream())
      .pipeThrough(
        new TransformStream<string, [K, V]>({
          transform(line, controller) {
            number++;
            if (line.trim() !== "") {
              controller.enqueue(entryOf<K, V>(line, number));
            }
          },
        }),
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
