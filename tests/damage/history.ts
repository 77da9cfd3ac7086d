import type { KvEngine } from "../../mod.ts";
import type { WriteOptions } from "../../src/engine/api/batch.ts";

/** The entries of a store in the order of its keys. */
export type Content = ReadonlyMap<string, string>;

/**
 * A put, or a delete where the value is `null`: of one key, or, with an end, of all from the key on
 * that are before the end.
 */
type Write = readonly [key: string, value: string | null, end?: string];

/** All writes that were made to a store, in their order: the first has sequence number 1. */
export class History {
  readonly #writes: Write[] = [];
  readonly #contents = new Map<number, Content>();

  /** Sequence number of the last write. */
  get lastSequence(): number {
    return this.#writes.length;
  }

  /** Keys that were ever written, in their order. */
  get keys(): string[] {
    return [...new Set(this.#writes.map(([key]) => key))].sort();
  }

  /** What a store holds after the write `lastSequence`. */
  contentAt(lastSequence: number): Content {
    const known = this.#contents.get(lastSequence);
    if (known !== undefined) return known;
    const entries = new Map<string, string>();
    for (const [key, value, end] of this.#writes.slice(0, lastSequence)) {
      if (value !== null) entries.set(key, value);
      else if (end === undefined) entries.delete(key);
      else {
        for (const other of entries.keys()) {
          if (other >= key && other < end) entries.delete(other);
        }
      }
    }
    // Keys are ASCII: the order of strings is that of their bytes.
    const content = new Map(
      [...entries].sort(([a], [b]) => a < b ? -1 : 1),
    );
    this.#contents.set(lastSequence, content);
    return content;
  }

  /** A writer that enters all that it writes. */
  recorder(db: KvEngine<string, string>): Recorder {
    return new Recorder(db, this.#writes);
  }
}

/** Writes to a store and to its history. */
export class Recorder {
  readonly #db: KvEngine<string, string>;
  readonly #writes: Write[];

  constructor(db: KvEngine<string, string>, writes: Write[]) {
    this.#db = db;
    this.#writes = writes;
  }

  put(key: string, value: string, options?: WriteOptions): Promise<void> {
    this.#writes.push([key, value]);
    return this.#db.put(key, value, options);
  }

  async del(key: string, options?: WriteOptions): Promise<void> {
    this.#writes.push([key, null]);
    await this.#db.del(key, options);
  }

  async delRange(from: string, to: string): Promise<void> {
    this.#writes.push([from, null, to]);
    await this.#db.delRange({ gte: from, lt: to });
  }

  batch(writes: readonly Write[], options?: WriteOptions): Promise<void> {
    const batch = this.#db.batch();
    for (const write of writes) {
      this.#writes.push(write);
      const [key, value, end] = write;
      if (end !== undefined) batch.delRange({ gte: key, lt: end });
      else if (value === null) batch.del(key);
      else batch.put(key, value);
    }
    return batch.commit(options);
  }
}
