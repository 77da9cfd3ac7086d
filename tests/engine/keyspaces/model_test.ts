// Random operations on several keyspaces beside the default one, each with a sorted map beside it.
import { assertEquals } from "@std/assert";
import {
  bytes,
  type EngineOptions,
  type KvEngine,
  type KvReader,
  open,
} from "../../../mod.ts";
import { compareBytes } from "../../../src/bytes/compare.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { below, pick, seeded } from "../../codec/random.ts";
import { test } from "../../harness.ts";
import { AsyncStorage } from "../../support/async_storage.ts";
import { toLatin1 } from "../model/face.ts";
import { edgeKey } from "../model/keys.ts";

type Key = Uint8Array;
type Db = KvEngine<Key, Key>;

const codecs = { keys: bytes, values: bytes };

const options: EngineOptions = {
  sync: false,
  memtableSize: 64 * 1024,
  memtableEntries: 60,
  blockSize: 256,
  cacheSize: 8 * 1024,
  compaction: {
    threshold: 2,
    levelSize: 64 * 1024,
    levelRatio: 2,
    segmentSize: 16 * 1024,
  },
};

/** Stands for the keys that are in no keyspace. */
const DEFAULT = "";
const NAMES = [DEFAULT, "a", "b", "b2"];

/** What each keyspace holds, by the texts of its keys. */
type State = Map<string, Map<string, string>>;

function copyOf(state: State): State {
  return new Map([...state].map(([name, part]) => [name, new Map(part)]));
}

function encoded(text: string): Key {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

class Run {
  readonly #storage: Storage;
  readonly #random: () => number;
  #db!: Db;
  #state: State = new Map([[DEFAULT, new Map()]]);

  constructor(storage: Storage, seed: number) {
    this.#storage = storage;
    this.#random = seeded(seed);
  }

  async run(operations: number): Promise<void> {
    await this.#reopen();
    for (let i = 0; i < operations; i++) {
      const lot = below(this.#random, 1_000);
      if (lot < 5) await this.#reopen();
      else if (lot < 8) await this.#db.compact();
      else if (lot < 14) await this.#db.flush();
      else if (lot < 26) await this.#drop();
      else if (lot < 40) await this.#clear();
      else if (lot < 60) await this.#compareAll();
      else if (lot < 75) await this.#snapshot(operations > 0 ? 5 : 0);
      else this.#write(`${i}`);
    }
    await this.#reopen();
    await this.#db.close();
  }

  async #reopen(): Promise<void> {
    await this.#db?.close();
    this.#db = await open(this.#storage, { ...options, ...codecs });
    await this.#compareAll();
  }

  #name(): string {
    return pick(this.#random, NAMES);
  }

  #key(name: string): string {
    const key = edgeKey(this.#random);
    return name === DEFAULT && key.startsWith("\xff") ? `\xfe${key}` : key;
  }

  #writer(name: string) {
    return name === DEFAULT ? this.#db : this.#db.keyspace(name, codecs);
  }

  #part(name: string): Map<string, string> {
    let part = this.#state.get(name);
    if (part === undefined) this.#state.set(name, part = new Map());
    return part;
  }

  #write(value: string): void {
    const name = this.#name();
    const key = this.#key(name);
    const k = encoded(key);
    const part = this.#part(name);
    const lot = below(this.#random, 10);
    if (lot < 5) {
      part.set(key, value);
      void this.#writer(name).put(k, encoded(value));
    } else if (lot < 7) {
      part.delete(key);
      void this.#writer(name).del(k);
    } else if (lot < 8) {
      const end = this.#key(name);
      this.#deleteRange(part, key, end);
      void this.#writer(name).delRange({ gte: k, lt: encoded(end) });
      if (key >= end && part.size === 0) this.#noteEmpty(name);
    } else this.#batch(value);
  }

  /** A range without keys adds nothing, and so makes nothing. */
  #noteEmpty(name: string): void {
    const isThere = this.#db.keyspaces().includes(name);
    if (name !== DEFAULT && !isThere) this.#state.delete(name);
  }

  #deleteRange(part: Map<string, string>, start: string, end: string): void {
    for (const key of part.keys()) {
      if (key >= start && key < end) part.delete(key);
    }
  }

  #batch(value: string): void {
    const batch = this.#db.batch();
    for (let n = 1 + below(this.#random, 20); n > 0; n--) {
      const name = this.#name();
      const key = this.#key(name);
      const face = name === DEFAULT
        ? batch
        : batch.in(this.#db.keyspace(name, codecs));
      const part = this.#part(name);
      const lot = below(this.#random, 20);
      if (lot === 0) {
        face.delRange({ gte: encoded(key) });
        this.#deleteRange(part, key, "\uffff");
      } else if (lot < 6) {
        face.del(encoded(key));
        part.delete(key);
      } else {
        face.put(encoded(key), encoded(value));
        part.set(key, value);
      }
    }
    void batch.commit();
  }

  async #drop(): Promise<void> {
    const name = pick(this.#random, NAMES.slice(1));
    const existed = this.#state.delete(name);
    assertEquals(await this.#db.dropKeyspace(name), existed);
  }

  async #clear(): Promise<void> {
    const name = this.#name();
    this.#part(name).clear();
    await this.#writer(name).clear();
  }

  /** Compares a snapshot after a few writes more. */
  async #snapshot(writes: number): Promise<void> {
    const state = copyOf(this.#state);
    using snapshot = this.#db.snapshot();
    const readers = new Map<string, KvReader<Key, Key>>([[DEFAULT, snapshot]]);
    for (const name of NAMES.slice(1)) {
      const keyspace = this.#db.keyspace(name, codecs);
      readers.set(name, snapshot.keyspace(keyspace));
    }
    for (let i = 0; i < writes; i++) this.#write(`later ${i}`);
    if (below(this.#random, 3) === 0) await this.#drop();
    if (below(this.#random, 5) === 0) await this.#db.compact();
    for (const name of NAMES) {
      await this.#compare(readers.get(name)!, state.get(name) ?? new Map());
    }
  }

  async #compareAll(): Promise<void> {
    const names = [...this.#state.keys()].filter((name) => name !== DEFAULT);
    assertEquals(this.#db.keyspaces(), names.sort());
    for (const name of NAMES) {
      const expected = this.#state.get(name) ?? new Map();
      await this.#compare(this.#writer(name), expected);
    }
  }

  async #compare(
    reader: KvReader<Key, Key>,
    part: ReadonlyMap<string, string>,
  ): Promise<void> {
    const expected = [...part].sort(([a], [b]) =>
      compareBytes(encoded(a), encoded(b))
    );
    const reverse = below(this.#random, 2) === 0;
    const found: [string, string][] = [];
    for await (const [key, value] of reader.scan({ reverse })) {
      found.push([toLatin1(key), toLatin1(value)]);
    }
    if (reverse) found.reverse();
    assertEquals(found, expected);
    assertEquals(await reader.count(), expected.length);
    const probe = this.#key(DEFAULT);
    const value = await reader.get(encoded(probe));
    assertEquals(value && toLatin1(value), part.get(probe));
    const lower = encoded(probe);
    const behind = expected.filter(([key]) =>
      compareBytes(encoded(key), lower) >= 0
    );
    assertEquals(await reader.count({ gte: lower }), behind.length);
  }
}

for (const seed of [1, 2, 3]) {
  test(
    `Keyspaces answer as sorted maps do, each as its own (seed ${seed})`,
    async () => {
      const memory = new MemoryStorage();
      const storage = seed === 3 ? new AsyncStorage(memory) : memory;
      await new Run(storage, seed).run(seed === 3 ? 1_500 : 8_000);
    },
  );
}
