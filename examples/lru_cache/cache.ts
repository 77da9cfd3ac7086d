// A cache on disk that is bounded in bytes, under tuple keys. Values are tuples,
// too: they carry bytes as they are.
//
//   ["value", key]  [bytes]
//   ["use", key]    [turn, size]: when it was last used, and what it takes
//   ["turn", turn]  [key], an index: the least recently used first
//
// Uses are kept apart from values, so that a read writes only a few bytes.
import type { KvBatch, KvEngine, Tuple } from "../../mod.ts";

export interface CacheStats {
  readonly entries: number;
  /** Of keys and values. */
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
}

export class LruCache {
  readonly #db: KvEngine<Tuple, Tuple>;
  readonly #maxBytes: number;
  readonly #loading = new Map<string, Promise<Uint8Array>>();
  #turn = 0;
  #bytes = 0;
  #entries = 0;
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  private constructor(db: KvEngine<Tuple, Tuple>, maxBytes: number) {
    this.#db = db;
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes over what the store holds.
   *
   * @param db A store of its own, best opened with `sync: false`: a cache may forget the last things it learned.
   * @param maxBytes What keys and values may take. What is over that is evicted at once.
   */
  static async open(
    db: KvEngine<Tuple, Tuple>,
    maxBytes: number,
  ): Promise<LruCache> {
    const cache = new LruCache(db, maxBytes);
    for await (const [, [turn, size]] of db.scan({ prefix: ["use"] })) {
      cache.#turn = Math.max(cache.#turn, turn as number);
      cache.#bytes += size as number;
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
    const value = this.#db.getSync(["value", key])?.[0];
    const use = this.#db.getSync(["use", key]);
    if (value === undefined || use === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    // No second write for what was used last already.
    if (use[0] !== this.#turn) await this.#touch(key, use);
    return value as Uint8Array;
  }

  /** The value of `key`; made by `load` if there is none, once, however many ask at the same time. */
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

  /** Keeps a value; evicts what has not been used for longest until all fits. A value that is larger than the cache is not kept. */
  async set(key: string, value: Uint8Array): Promise<void> {
    const size = sizeOf(key, value);
    const batch = this.#db.batch();
    this.#remove(batch, key);
    if (size <= this.#maxBytes) {
      const turn = ++this.#turn;
      this.#bytes += size;
      this.#entries++;
      batch.put(["value", key], [value])
        .put(["use", key], [turn, size])
        .put(["turn", turn], [key]);
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

  #touch(key: string, [turn, size]: Tuple): Promise<void> {
    const next = ++this.#turn;
    return this.#db.batch()
      .del(["turn", turn!])
      .put(["turn", next], [key])
      .put(["use", key], [next, size!])
      .commit();
  }

  /** Adds to a batch that a key is forgotten. */
  #remove(batch: KvBatch<Tuple, Tuple>, key: string): boolean {
    const use = this.#db.getSync(["use", key]);
    if (use === undefined) return false;
    const [turn, size] = use;
    batch.del(["value", key]).del(["use", key]).del(["turn", turn!]);
    this.#bytes -= size as number;
    this.#entries--;
    return true;
  }

  /** Adds to a batch that what was not used for longest is forgotten, until the rest fits. */
  #evict(batch: KvBatch<Tuple, Tuple>, kept?: string): void {
    if (this.#bytes <= this.#maxBytes) return;
    for (const [, [key]] of this.#db.scanSync({ prefix: ["turn"] })) {
      if (key === kept) continue;
      this.#remove(batch, key as string);
      this.#evictions++;
      if (this.#bytes <= this.#maxBytes) return;
    }
  }
}

/** What an entry takes. In the store it takes a little more: see README.md. */
function sizeOf(key: string, value: Uint8Array): number {
  return new TextEncoder().encode(key).length + value.length;
}
