import { json } from "../codec/json.ts";
import { invalidArgument } from "../errors.ts";

/** How many bytes, nearly, are gathered before they are handed on: files and sockets take few large chunks better than many small ones. */
const CHUNK_CHARS = 64 * 1024;

const codec = json<unknown>();

/**
 * Entries to bytes of newline-delimited JSON, one line each: `{"key":"a","value":"1"}`. Keys and values are what JSON carries, by the rules of the
 * codec `json`; what it has nothing for, and bytes, which it would not bring back, fail the stream with `KV_INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { NdjsonStringifyStream } from "@purekv/purekv/streams";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("a", "1");
 * const bytes = db.scan().stream().pipeThrough(new NdjsonStringifyStream());
 * assertEquals(await new Response(bytes).text(), '{"key":"a","value":"1"}\n');
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
    super({
      transform([key, value], controller) {
        text += `{"key":${jsonOf(key)},"value":${jsonOf(value)}}\n`;
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

const decoder = new TextDecoder();

function jsonOf(part: unknown): string {
  if (typeof part === "string" && part.isWellFormed()) {
    return JSON.stringify(part);
  }
  if (ArrayBuffer.isView(part)) {
    throw invalidArgument("Cannot write as JSON: it has nothing for bytes");
  }
  return decoder.decode(codec.encode(part));
}
