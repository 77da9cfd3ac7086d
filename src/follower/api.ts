import type { Codec } from "../codec/codec.ts";
import type { KvReader } from "../engine/api/reader.ts";

/** How a store is followed. */
export interface FollowOptions<K, V> {
  /** The codec of the keys, the same as the store's. Default `utf8`. */
  readonly keys?: Codec<K>;
  /** The codec of the values, the same as the store's. Default `utf8`. */
  readonly values?: Codec<V>;
  /** Memory for blocks and indexes of segments, in bytes. Default 32 MiB; 0 to 64 GiB. */
  readonly cacheSize?: number;
  /** How often the follower looks for what is new, in milliseconds. Default 10; 0 to 3,600,000; with 0 only {@linkcode KvFollower.refresh} looks. */
  readonly refreshMs?: number;
}

/**
 * Reads a store while an engine elsewhere writes it: in another worker, process or runtime. What the engine has committed
 * is seen after `refreshMs`, or as soon as the event loop of this thread is free if that is later; always a prefix of the engine's writes, batches whole.
 *
 * Reads also throw the error, such as `KV_CORRUPTION` or `KV_IO`, that keeps the follower from going on: it does not answer
 * with what may be out of date.
 */
export interface KvFollower<K, V> extends KvReader<K, V>, AsyncDisposable {
  /** Where the store lies, for messages. */
  readonly location: string;

  /** Sequence number of the last write that is seen. */
  readonly lastSequence: number;

  /** Looks for what is new now. All that the engine had committed before the call is seen afterwards. */
  refresh(): Promise<void>;

  /** Lets go of all files. Calls that come later throw or reject with `KV_CLOSED`; a second `close` waits for the first. */
  close(): Promise<void>;
}
