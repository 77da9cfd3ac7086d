// Small stores with everything that a store can hold, to be damaged.
import { assert, assertEquals } from "@std/assert";
import { type EngineOptions, type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FaultStorage } from "../../src/testing/testing.ts";

/** What was ever written: for each key its values from first to last, `null` for a delete. */
export type History = Map<string, (string | null)[]>;

/** A store as an engine has left it. */
export interface SampleStore {
  readonly storage: MemoryStorage;
  readonly history: History;
}

/**
 * Every byte has its turn in Deno; the code is the same in the others, so there it is every
 * seventh.
 */
export const STRIDE = "Deno" in globalThis ? 1 : 7;

/** Segments that are small and many. */
export const SMALL: EngineOptions = {
  memtableSize: 64 * 1024,
  blockSize: 256,
  compaction: {
    threshold: 2,
    levelSize: 64 * 1024,
    segmentSize: 16 * 1024,
  },
};

/** Writes and remembers what was written. */
export class Recorder {
  readonly history: History = new Map();
  readonly #db: KvEngine<string, string>;

  constructor(db: KvEngine<string, string>) {
    this.#db = db;
  }

  async put(key: string, value: string): Promise<void> {
    this.#note(key, value);
    await this.#db.put(key, value);
  }

  async del(key: string): Promise<void> {
    this.#note(key, null);
    await this.#db.del(key);
  }

  /** Puts all entries in one batch. */
  async batch(entries: readonly (readonly [string, string])[]): Promise<void> {
    const batch = this.#db.batch();
    for (const [key, value] of entries) {
      this.#note(key, value);
      batch.put(key, value);
    }
    await batch.commit();
  }

  #note(key: string, value: string | null): void {
    const values = this.history.get(key) ?? [];
    values.push(value);
    this.history.set(key, values);
  }
}

/**
 * A store with two levels, a segment in level 0 that has versions for a snapshot, tombstones that
 * hide older values, and a log of several commits that was never flushed. About 12 KiB.
 */
export async function sampleStore(
  options: EngineOptions = {},
): Promise<SampleStore> {
  const original = new MemoryStorage();
  const db = await open(original, { ...SMALL, ...options });
  const recorder = new Recorder(db);
  for (let i = 0; i < 40; i++) await recorder.put(`key${i}`, `first ${i}`);
  await db.compact();
  for (let i = 0; i < 40; i += 3) await recorder.put(`key${i}`, `second ${i}`);
  for (let i = 1; i < 40; i += 8) await recorder.del(`key${i}`);
  const snapshot = db.snapshot();
  for (let i = 0; i < 40; i += 5) await recorder.put(`key${i}`, `third ${i}`);
  await db.flush();
  await recorder.batch([["key7", "fourth 7"], ["log", "in a batch"]]);
  for (let i = 2; i < 40; i += 9) await recorder.put(`key${i}`, `fourth ${i}`);
  await recorder.del("key12");
  const storage = copyOf(original);
  snapshot.close();
  await db.close();
  return { storage, history: recorder.history };
}

/** The files of a storage in another one; `change` may alter or drop them. */
export function copyOf(
  storage: MemoryStorage,
  change: (name: string, bytes: Uint8Array) => Uint8Array | undefined = (
    _,
    bytes,
  ) => bytes,
): MemoryStorage {
  const copy = new MemoryStorage();
  for (const name of storage.list()) {
    const bytes = change(name, bytesOf(storage, name));
    if (bytes !== undefined) copy.create(name).append(bytes);
  }
  return copy;
}

/** The same in a storage that fails and crashes on demand. */
export function faultCopy(store: MemoryStorage): FaultStorage {
  const copy = new FaultStorage({ seed: 3 });
  for (const name of store.list()) copy.writeFile(name, bytesOf(store, name));
  return copy;
}

/** The bytes of a file. */
export function bytesOf(storage: MemoryStorage, name: string): Uint8Array {
  const file = storage.open(name);
  const bytes = new Uint8Array(file.size);
  file.readAt(bytes, 0);
  return bytes;
}

/** What a history ends with: all keys that have a value. */
export function finalState(history: History): Map<string, string> {
  const state = new Map<string, string>();
  for (const [key, values] of history) {
    const last = values.at(-1);
    if (last !== null && last !== undefined) state.set(key, last);
  }
  return state;
}

/** All entries of a store, by a scan and by a lookup of every key, which must agree. */
export async function contentOf(
  storage: Storage,
  keys: Iterable<string>,
): Promise<Map<string, string>> {
  await using db = await open(storage, {
    readOnly: true,
    memtableSize: 64 * 1024,
  });
  const content = new Map(db.scanSync());
  for (const key of keys) assertEquals(db.getSync(key), content.get(key), key);
  return content;
}

/** Whether two stores hold the same. */
export function isSame(
  a: ReadonlyMap<string, string>,
  b: ReadonlyMap<string, string>,
): boolean {
  return a.size === b.size &&
    [...a].every(([key, value]) => b.get(key) === value);
}

/** Fails if a value was never written under its key. */
export function expectFromHistory(
  content: ReadonlyMap<string, string>,
  history: History,
  where: string,
): void {
  for (const [key, value] of content) {
    const isKnown = history.get(key)?.includes(value) ?? false;
    assert(isKnown, `${where}: ${key} has ${value}`);
  }
}
