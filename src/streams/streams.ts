/**
 * Transform streams between the bytes of a file or connection and the `[key, value]` pairs that
 * `importFrom` accepts and `scan().stream()` yields.
 *
 * @example From a file into a store, and back
 * ```ts ignore
 * import { open } from "@purekv/purekv";
 * import { NdjsonParseStream, NdjsonStringifyStream } from "@purekv/purekv/streams";
 *
 * await using db = await open("./data");
 * const file = await Deno.open("users.ndjson");
 * await db.importFrom(file.readable.pipeThrough(new NdjsonParseStream()));
 *
 * const copy = await Deno.create("copy.ndjson");
 * await db.scan().stream().pipeThrough(new NdjsonStringifyStream()).pipeTo(copy.writable);
 * ```
 *
 * @module
 */
export { NdjsonParseStream } from "./ndjson_parse_stream.ts";
export { NdjsonStringifyStream } from "./ndjson_stringify_stream.ts";
