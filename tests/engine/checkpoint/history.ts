import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../../mod.ts";
import type { EngineOptions } from "../../../src/options.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { below, seeded } from "../../codec/random.ts";
import { entriesIn } from "../crafted_store.ts";

type Engine = KvEngine<string, string>;

/** Tables and segments so small that a few hundred writes make several levels. */
export const smallOptions: EngineOptions = {
  memtableSize: 64 * 1024,
  memtableEntries: 60,
  blockSize: 512,
  compaction: {
    threshold: 3,
    levelSize: 64 * 1024,
    levelRatio: 2,
    segmentSize: 16 * 1024,
  },
};

const KEYS = 150;

/** Writes whose order is known: the write with sequence number n is the n-th. */
export class History {
  readonly #random: () => number;
  readonly #writes: (readonly [key: string, value: string | undefined])[] = [];
  /** Sequence numbers at which a call ended: nothing between them is ever seen. */
  readonly #ends = new Set([0]);

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  get length(): number {
    return this.#writes.length;
  }

  /** Makes the next call: a put, a delete, or a batch of both. */
  write(db: Engine): Promise<unknown> {
    const sync = this.#random() < 0.1;
    const count = this.#random() < 0.2 ? 2 + below(this.#random, 12) : 1;
    const writes = Array.from({ length: count }, () => this.#next());
    this.#ends.add(this.length);
    if (count > 1) {
      const batch = db.batch();
      for (const [key, value] of writes) {
        if (value === undefined) batch.del(key);
        else batch.put(key, value);
      }
      return batch.commit({ sync });
    }
    const [key, value] = writes[0]!;
    return value === undefined
      ? db.del(key, { sync })
      : db.put(key, value, { sync });
  }

  /** Makes calls until there are `count` more writes, or a few more than that. */
  async writeMany(db: Engine, count: number): Promise<void> {
    const end = this.length + count;
    while (this.length < end) {
      await Promise.all(Array.from({ length: 8 }, () => this.write(db)));
    }
  }

  #next(): readonly [string, string | undefined] {
    const key = `key ${below(this.#random, KEYS)}`;
    const length = below(this.#random, 400);
    const value = `${this.length} ${"x".repeat(length)}`;
    const write = [key, this.#random() < 0.25 ? undefined : value] as const;
    this.#writes.push(write);
    return write;
  }

  /** What a store holds after the first `count` writes. */
  stateAfter(count: number): Record<string, string> {
    const state = new Map<string, string>();
    for (const [key, value] of this.#writes.slice(0, count)) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
    }
    return Object.fromEntries([...state].sort(([a], [b]) => a < b ? -1 : 1));
  }

  /**
   * Fails unless `target` is a store that holds a prefix of the history of at least `atLeast`
   * writes; answers with its length.
   */
  async expectPrefixIn(
    target: string | Storage,
    atLeast: number,
  ): Promise<number> {
    await using db = await open(target, smallOptions);
    const { lastSequence } = db.stats();
    assert(lastSequence >= atLeast, `${lastSequence} of ${atLeast} writes`);
    assert(this.#ends.has(lastSequence), `${lastSequence} is within a batch`);
    assertEquals(await entriesIn(db), this.stateAfter(lastSequence));
    // It is a store like any other.
    await db.put("key 0", "after");
    await db.compact();
    assertEquals(await db.get("key 0"), "after");
    return lastSequence;
  }
}
