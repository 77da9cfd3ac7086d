import { invalidArgument } from "../errors.ts";
import { keyText, valueText } from "./json_text.ts";

/**
 * How many bytes, nearly, are gathered before they are handed on: files and sockets take few large
 * chunks better than many small ones.
 */
const CHUNK_CHARS = 64 * 1024;

/** How much of a key is shown in a message. */
const SHOWN_CHARS = 200;

/**
 * Writes entries as newline-delimited JSON, one line each: `{"key":"a","value":"1"}`, as `kv dump`
 * writes them.
 *
 * A key that is an array is a `Tuple`: its bytes, bigints and infinities are objects,
 * `{"bytes":"00ff"}`, `{"bigint":"5"}`, `{"number":"-Infinity"}`, which
 * {@linkcode NdjsonParseStream} and `kv load` read. All other keys, and all values, must be plain
 * JSON. What could not be read back unchanged fails the stream with `KV_INVALID_ARGUMENT`, which
 * names the entry: bytes, bigints, `NaN`, infinities, dates, maps, instances of classes, functions,
 * cycles, `undefined` except as a property, which is left out; in a tuple, whatever the codec
 * `tuple` refuses. -0 becomes 0.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { NdjsonStringifyStream } from "@purekv/purekv/streams";
 * import { assertEquals } from "@std/assert";
 * import { toText } from "@std/streams";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("a", "1");
 * const bytes = db.scan().stream().pipeThrough(new NdjsonStringifyStream());
 * assertEquals(await toText(bytes), '{"key":"a","value":"1"}\n');
 * ```
 */
export class NdjsonStringifyStream extends TransformStream<
  readonly [unknown, unknown],
  Uint8Array<ArrayBuffer>
> {
  /** Makes the stream. */
  constructor() {
    const encoder = new TextEncoder();
    let text = "";
    let number = 0;
    super({
      transform(entry, controller) {
        text += lineOf(entry, ++number);
        if (text.length < CHUNK_CHARS) return;
        controller.enqueue(encoder.encode(text));
        text = "";
      },
      flush(controller) {
        if (text !== "") controller.enqueue(encoder.encode(text));
      },
    });
  }
}

function lineOf(
  [key, value]: readonly [unknown, unknown],
  number: number,
): string {
  let shown = "";
  let part = "key";
  try {
    const text = keyText(key);
    shown = ` (key ${text.slice(0, SHOWN_CHARS)})`;
    part = "value";
    return `{"key":${text},"value":${valueText(value)}}\n`;
  } catch (cause) {
    throw invalidArgument(
      `Cannot write entry ${number}${shown} as JSON: its ${part} cannot be represented: ${
        (cause as Error).message
      }`,
    );
  }
}
