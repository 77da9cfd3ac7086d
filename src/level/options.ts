import type { EngineOptions } from "../options.ts";

/**
 * An encoding of your own, as `abstract-level` takes it. Encodings of `level-transcoder`, codecs
 * and many others fit.
 */
export interface LevelEncoding<T> {
  /** Names the encoding. */
  readonly name?: string;
  /** What `encode` returns and `decode` takes: strings, `Buffer`s or `Uint8Array`s. */
  readonly format?: "utf8" | "buffer" | "view";
  /** Turns a key or value into its format. */
  readonly encode: (data: T) => string | Uint8Array;
  /** Turns it back. */
  // deno-lint-ignore no-explicit-any -- what it takes depends on `format`
  readonly decode: (data: any) => T;
}

/**
 * How a `PureLevel` is made: with the encodings of `abstract-level` and the options of an engine.
 * As everywhere in purekv, and other than in LevelDB, writes are durable unless `sync` is `false`,
 * here or for a single write.
 *
 * Options with other names are passed over, as in all databases of Level: modules hand on those of
 * other databases, and hooks add their own. So a name that is misspelt is told by the type checker
 * alone, not at run time as `open` does. A known option with a value that cannot be is refused.
 *
 * @example
 * ```ts
 * import { PureLevel } from "@purekv/purekv/level";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new PureLevel<string, URL>(new MemoryStorage(), {
 *   valueEncoding: {
 *     name: "url",
 *     format: "utf8",
 *     encode: (url: URL) => url.href,
 *     decode: (text: string) => new URL(text),
 *   },
 * });
 * await db.put("home", new URL("https://deno.com/a"));
 * assertEquals((await db.get("home"))?.pathname, "/a");
 * await db.close();
 * ```
 */
export interface PureLevelOptions<K, V> extends EngineOptions {
  /**
   * How keys are encoded: `"utf8"`, `"buffer"`, `"view"`, `"json"`, `"hex"`, `"base64"` or one of
   * your own. Default `"utf8"`.
   */
  readonly keyEncoding?: string | LevelEncoding<K>;
  /** How values are encoded, likewise. Default `"utf8"`. */
  readonly valueEncoding?: string | LevelEncoding<V>;
}
