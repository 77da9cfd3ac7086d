// A cache on disk that is bounded in bytes, in three keyspaces of a store:
//
//   values   key: its bytes
//   uses     key: when it was last used, and what it takes
//   turns    [turn]: the key that was used then, the least recently used first
//
// Uses are kept apart from values, so that a read writes only a few bytes.
//
// In a project of your own:
//
//   import { bytes, json, tuple } from "@purekv/purekv";
//   import type { KvBatch, KvEngine, KvKeyspace, Tuple } from "@purekv/purekv";
import { bytes, json, tuple } from "../../mod.ts";
import type { KvBatch, KvEngine, KvKeyspace, Tuple } from "../../mod.ts";

interface Use {
  readonly turn: number;
  /** In bytes. */
  readonly size: number;
}

export interface CacheStats {
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

export class LruCache {
  readonly #db: KvEngine<string, string>;
  readonly #values: KvKeyspace<string, Uint8Array>;
  readonly #uses: KvKeyspace<string, Use>;
  readonly #turns: KvKeyspace<Tuple, string>;
  readonly #maxBytes: number;
  readonly #loading = new Map<string, Promise<Uint8Array>>();
  #turn = 0;
  #bytes = 0;
  #entries = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  private constructor(db: KvEngine<string, string>, maxBytes: number) {
    this.#db = db;
    this.#values = db.keyspace("values", { values: bytes });
    this.#uses = db.keyspace("uses", { values: json<Use>() });
    this.#turns = db.keyspace("turns", { keys: tuple });
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes over what the store holds.
   *
   * @param db A store of its own, best opened with `sync: false`: a cache may forget the last
   * things it learned.
   * @param maxBytes What keys and values may take. What is over that is evicted at once.
   */
  static async open(
    db: KvEngine<string, string>,
    maxBytes: number,
  ): Promise<LruCache> {
    const cache = new LruCache(db, maxBytes);
    for await (const { turn, size } of cache.#uses.values()) {
      cache.#turn = Math.max(cache.#turn, turn);
      cache.#bytes += size;
      cache.#entries++;
    }
    // The bound may be lower than it was.
    const batch = db.batch();
    cache.#evict(batch);
    await batch.commit();
    return cache;
  }

  /** The value of `key`, which becomes the most recently used. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const value = this.#values.getSync(key);
    const use = this.#uses.getSync(key);
    if (value === undefined || use === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    // No second write for what was used last already.
    if (use.turn !== this.#turn) await this.#touch(key, use);
    return value;
  }

  /**
   * The value of `key`; made by `load` if there is none, once, however many ask at the same time.
   */
  async getOrLoad(
    key: string,
    load: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    const cached = await this.get(key);
    if (cached !== undefined) return cached;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = load()
        .then(async (value) => {
          await this.set(key, value);
          return value;
        })
        .finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return await loading;
  }

  /**
   * Keeps a value; evicts what has not been used for longest until all fits. A value that is larger
   * than the cache is not kept.
   */
  async set(key: string, value: Uint8Array): Promise<void> {
    const size = sizeOf(key, value);
    const batch = this.#db.batch();
    this.#remove(batch, key);
    if (size <= this.#maxBytes) {
      const turn = ++this.#turn;
      this.#bytes += size;
      this.#entries++;
      batch.in(this.#values).put(key, value);
      this.#use(batch, key, { turn, size });
      this.#evict(batch, key);
    }
    await batch.commit();
  }

  /** Forgets a value. */
  async delete(key: string): Promise<boolean> {
    const batch = this.#db.batch();
    const found = this.#remove(batch, key);
    await batch.commit();
    return found;
  }

  stats(): CacheStats {
    return {
      entries: this.#entries,
      bytes: this.#bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
    };
  }

  #touch(key: string, { turn, size }: Use): Promise<void> {
    const batch = this.#db.batch();
    batch.in(this.#turns).del([turn]);
    this.#use(batch, key, { turn: ++this.#turn, size });
    return batch.commit();
  }

  /** Adds to a batch when a key was used. */
  #use(batch: KvBatch<string, string>, key: string, use: Use): void {
    batch.in(this.#uses).put(key, use);
    batch.in(this.#turns).put([use.turn], key);
  }

  /** Adds to a batch that a key is forgotten. */
  #remove(batch: KvBatch<string, string>, key: string): boolean {
    const use = this.#uses.getSync(key);
    if (use === undefined) return false;
    batch.in(this.#values).del(key);
    batch.in(this.#uses).del(key);
    batch.in(this.#turns).del([use.turn]);
    this.#bytes -= use.size;
    this.#entries--;
    return true;
  }

  /** Adds to a batch that what was not used for longest is forgotten, until the rest fits. */
  #evict(batch: KvBatch<string, string>, kept?: string): void {
    if (this.#bytes <= this.#maxBytes) return;
    for (const key of this.#turns.valuesSync()) {
      if (key === kept) continue;
      this.#remove(batch, key);
      this.#evictions++;
      if (this.#bytes <= this.#maxBytes) return;
    }
  }
}

/** What an entry takes. In the store it takes a little more: see README.md. */
function sizeOf(key: string, value: Uint8Array): number {
  return new TextEncoder().encode(key).length + value.length;
}
