import { TextLineStream } from "@std/streams";
import { invalidArgument } from "../errors.ts";

/**
 * Bytes of newline-delimited JSON to entries: one object a line, `{"key": ..., "value": ...}`, as the command line and
 * {@linkcode NdjsonStringifyStream} write them. Empty lines are passed over. A line that is none, or not in UTF-8, fails the stream; for a line the error is
 * `KV_INVALID_ARGUMENT` and names its number.
 *
 * `K` and `V` are what the lines are said to hold; nothing is checked here, and the codecs of the store check what they are given.
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
  const object = parse(line, number);
  const names = typeof object === "object" && object !== null &&
      !Array.isArray(object)
    ? Object.keys(object).sort().join()
    : "";
  if (names !== "key,value") {
    throw invalidArgument(
      `Cannot read line ${number}: expected {"key": ..., "value": ...}`,
    );
  }
  const { key, value } = object as { key: K; value: V };
  return [key, value];
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw invalidArgument(
      `Cannot read line ${number}: ${(cause as Error).message}`,
    );
  }
}
