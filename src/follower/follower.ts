import type { KvKeyspaceReader } from "../engine/api/keyspace.ts";
import {
  type Codecs,
  type GivenCodecs,
  keyspaceCodecs,
} from "../engine/codecs/codecs.ts";
import { Reader } from "../engine/read/reader.ts";
import { KvError } from "../errors.ts";
import type { KvFollower } from "./api.ts";
import { FollowedKeyspace } from "./followed_keyspace.ts";
import { FollowedSnapshot } from "./followed_snapshot.ts";
import type { FollowedStore } from "./followed_store.ts";

/** Reads a store that an engine elsewhere writes. */
export class Follower<K, V> extends Reader<K, V, FollowedStore>
  implements KvFollower<K, V> {
  protected readonly maxSequence = Infinity;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #advancing: Promise<void> | undefined;
  /** Why it cannot keep up: it does not answer with what may be out of date. */
  #failure: unknown;
  #closing: Promise<void> | undefined;

  /** @param refreshMs How often it looks for what is new; 0 for never. */
  constructor(store: FollowedStore, codecs: Codecs<K, V>, refreshMs: number) {
    super(store, codecs);
    if (refreshMs === 0) return;
    this.#timer = setInterval(() => {
      // A failure is told to whoever reads next.
      this.refresh().catch(() => {});
    }, refreshMs);
    // Deno answers with a number where timers are those of the web.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  get location(): string {
    return this.store.storage.location;
  }

  get lastSequence(): number {
    return this.store.lastSequence;
  }

  keyspace<K2 = string, V2 = string>(
    name: string,
    options: GivenCodecs<K2, V2> = {},
  ): KvKeyspaceReader<K2, V2> {
    this.assertOpen();
    const codecs = keyspaceCodecs(options);
    const assertOpen = () => this.assertOpen();
    return new FollowedKeyspace(this.store, { name, codecs, assertOpen });
  }

  keyspaces(): string[] {
    this.assertOpen();
    return this.store.catalogue.names();
  }

  snapshot(): FollowedSnapshot<K, V> {
    this.assertOpen();
    const refuseClosed = () => this.#refuseClosed();
    return new FollowedSnapshot(this.store, this.codecs, refuseClosed);
  }

  async refresh(): Promise<void> {
    this.#refuseClosed();
    // A look that is under way may have begun before the write that the caller waits for.
    await this.#advancing?.catch(() => {});
    this.#refuseClosed();
    await (this.#advancing ??= this.#advance());
  }

  async #advance(): Promise<void> {
    try {
      await this.store.advance();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#advancing = undefined;
    }
  }

  protected assertOpen(): void {
    this.#refuseClosed();
    if (this.#failure !== undefined) throw this.#failure;
  }

  #refuseClosed(): void {
    if (this.#closing === undefined) return;
    throw new KvError("KV_CLOSED", "Cannot use the follower: it is closed");
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#advancing?.catch(() => {});
    await this.store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
